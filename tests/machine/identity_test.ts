/** Which machine this is, and how FTL knows. */
import { hostname } from "node:os";
import { assertEquals, assertRejects } from "../assert.ts";
import { Config } from "../../src/config.ts";
import { UsageError } from "../../src/errors.ts";
import { identifyMachine } from "../../src/machine/identity.ts";
import { TempFolder } from "../temp.ts";

const host = hostname();

Deno.test("FTL_MACHINE counts before all else, and must be a word", async () => {
  const config = new Config({ FTL_MACHINE: "web-1.eu:3@x" });
  assertEquals(await identifyMachine(config, { cloudInit: "/none" }), {
    machine: "web-1.eu:3@x",
    source: "FTL_MACHINE",
    host,
  });
  for (const name of ["a b", "a/b", "\u00fc", "x".repeat(129)]) {
    const bad = new Config({ FTL_MACHINE: name });
    await assertRejects(() => identifyMachine(bad), UsageError, "FTL_MACHINE");
  }
});

Deno.test("the instance's id comes from cloud-init, else from its metadata service, else it is the host's name", async () => {
  using folder = new TempFolder();
  const cloudInit = `${folder.path}/instance-data.json`;
  const config = new Config({});
  const found = async (told?: string): Promise<string> => {
    const instanceId = told === undefined ? undefined : () => Promise.resolve(told);
    const { machine, source } = await identifyMachine(config, { cloudInit, instanceId });
    return `${source}: ${machine}`;
  };
  assertEquals(await found(), `host name: ${host}`);
  assertEquals(await found("i-0def"), "instance metadata: i-0def");
  for (const text of ["", "{", "null", `{"v1":{}}`, `{"v1":{"instance_id":"a/b"}}`]) {
    Deno.writeTextFileSync(cloudInit, text);
    assertEquals(await found(), `host name: ${host}`);
  }
  Deno.writeTextFileSync(cloudInit, `{"v1":{"instance_id":"i-0abc"}}`);
  assertEquals(await found("i-0def"), "cloud-init: i-0abc");
});
