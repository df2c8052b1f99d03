import { assertEquals } from "../../assert.ts";
import { proxyFor } from "../../../src/bucket/aws/proxy.ts";

/** Where to, what is set, and the proxy by the variable that names it. */
const CASES: readonly (readonly [string, Readonly<Record<string, string>>, string | undefined])[] =
  [
    ["https://s3.example.com", {}, undefined],
    ["https://s3.example.com", { HTTP_PROXY: "http://p:1" }, undefined],
    ["https://s3.example.com", { HTTPS_PROXY: "http://p:1" }, "HTTPS_PROXY http://p:1"],
    ["https://s3.example.com", { https_proxy: "http://p:1" }, "https_proxy http://p:1"],
    ["http://s3.example.com", { http_proxy: "p:1" }, "http_proxy http://p:1"],
    [
      "http://s3.example.com",
      { ALL_PROXY: "http://a:1", HTTP_PROXY: "b:1" },
      "ALL_PROXY http://a:1",
    ],
    ["http://s3.example.com", { HTTP_PROXY: "http://id:secret@p:1" }, "HTTP_PROXY http://p:1"],
    ["http://s3.example.com", { HTTP_PROXY: "p:1", NO_PROXY: "other, example.com" }, undefined],
    ["http://s3.example.com", { HTTP_PROXY: "p:1", NO_PROXY: ".example.com" }, undefined],
    ["http://s3.example.com", { HTTP_PROXY: "p:1", NO_PROXY: "*" }, undefined],
    ["http://s3.example.com", { HTTP_PROXY: "p:1", NO_PROXY: "le.com" }, "HTTP_PROXY http://p:1"],
    ["http://10.1.2.3", { HTTP_PROXY: "p:1", no_proxy: "10.0.0.0/8" }, undefined],
  ];

for (const [target, env, expected] of CASES) {
  Deno.test(`proxyFor() ${target} with ${JSON.stringify(env)}`, () => {
    const proxy = proxyFor(new URL(target), env);
    assertEquals(proxy === undefined ? undefined : `${proxy.variable} ${proxy.url}`, expected);
  });
}
