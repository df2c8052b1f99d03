/** The way to S3: proxies, the certificates that TLS trusts, and which of Amazon's endpoints is asked. */
import { assertEquals, assertMatch } from "../../assert.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { testWith } from "../../required_program.ts";
import type { TempFolder } from "../../temp.ts";

const MOD = new URL("../../../mod.ts", import.meta.url).href;
/** With these settings nothing is downloaded: a download before the program starts settles what TLS trusts. */
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** A proxy that lets nobody through, but remembers where they wanted to go. */
class Proxy implements AsyncDisposable {
  readonly asked = new Set<string>();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving = this.#serve();

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      const head = new Uint8Array(4096);
      const length = await connection.read(head) ?? 0;
      const [, target] = new TextDecoder().decode(head.subarray(0, length)).split(" ");
      this.asked.add(target ?? "");
      await connection.write(new TextEncoder().encode("HTTP/1.1 403 Forbidden\r\n\r\n"));
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

Deno.test("HTTPS_PROXY is the way to the endpoint that the settings choose", async (t) => {
  await using fleet = await Fleet.start();
  const { folder } = fleet;
  const accelerated = folder.write("config", "[default]\ns3 =\n  use_accelerate_endpoint = true\n");
  const cases: [name: string, env: Record<string, string>, host: string][] = [
    ["as it is", {}, "deploys.s3.us-east-1.amazonaws.com"],
    ["in another region", { AWS_REGION: "eu-north-1" }, "deploys.s3.eu-north-1.amazonaws.com"],
    ["in China", { AWS_REGION: "cn-north-1" }, "deploys.s3.cn-north-1.amazonaws.com.cn"],
    ["FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }, "deploys.s3-fips.us-east-1.amazonaws.com"],
    [
      "dual-stack",
      { AWS_USE_DUALSTACK_ENDPOINT: "true" },
      "deploys.s3.dualstack.us-east-1.amazonaws.com",
    ],
    ["accelerate", { AWS_CONFIG_FILE: accelerated }, "deploys.s3-accelerate.amazonaws.com"],
  ];
  for (const [name, env, host] of cases) {
    await t.step(name, async () => {
      await using proxy = new Proxy();
      const ran = await fleet.ftl(["list", "--master"], {
        env: { ...env, AWS_ENDPOINT_URL_S3: undefined, HTTPS_PROXY: proxy.url },
      });
      assertEquals([...proxy.asked], [`${host}:443`]);
      assertMatch(
        ran.stderr,
        /^ftl: Cannot reach S3 at the bucket deploys through the proxy http:\S+: the proxy refuses .*\nhint: Check HTTPS_PROXY,.*\n$/,
      );
      assertEquals(ran.code, 7);
    });
  }
});

Deno.test("NO_PROXY keeps a store out of the proxy's way", async () => {
  await using fleet = await Fleet.start();
  await using proxy = new Proxy();
  await fleet.ok(["list", "--master"], { env: { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" } });
  assertEquals([...proxy.asked], []);
});

testWith(
  "openssl",
  "TLS trusts who the system trusts, and package scripts do not notice",
  async (t) => {
    await using fleet = await Fleet.start();
    const authority = await makeCertificates(fleet.folder);
    await using front = new TlsFront(authority, Number(new URL(fleet.server.url).port));
    const https = { AWS_ENDPOINT_URL_S3: front.url, DENO_TLS_CA_STORE: undefined };
    for (const variable of ["SSL_CERT_FILE", "AWS_CA_BUNDLE"]) {
      await t.step(`an authority in ${variable}`, async () => {
        await fleet.ok(["list", "--master"], { env: { ...https, [variable]: authority.path } });
      });
    }
    await t.step("another authority", async () => {
      const ran = await fleet.ftl(["list", "--master"], { env: https });
      assertMatch(ran.stderr, /^ftl: Cannot reach S3 at https:.*TLS: .*certificate/);
      assertEquals(ran.code, 7);
    });
    await t.step(
      "an authority of a program's own variables, which its process does not have",
      async () => {
        const program = fleet.folder.write(
          "program.ts",
          `import { createContext, listMasterPackages } from ${JSON.stringify(MOD)};
        const context = createContext(JSON.parse(Deno.args[0]));
        console.log(await listMasterPackages(context), Deno.env.get("SSL_CERT_FILE"));`,
        );
        const env = { ...fleet.env, AWS_ENDPOINT_URL_S3: front.url, AWS_CA_BUNDLE: authority.path };
        const ran = await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--quiet",
            `--config=${CONFIG}`,
            "--allow-all",
            program,
            JSON.stringify(env),
          ],
          env: { SSL_CERT_FILE: "/nonexistent.pem", NO_COLOR: "1" },
        }).output();
        const [stdout, stderr] = [ran.stdout, ran.stderr].map((b) => new TextDecoder().decode(b));
        assertEquals([stdout, stderr], ["[] /nonexistent.pem\n", ""]);
      },
    );
    await t.step("a script's environment", async () => {
      const web = fleet.machine("web", ["a"]);
      const script = "#!/bin/sh\necho store=$DENO_TLS_CA_STORE file=$SSL_CERT_FILE\n";
      await fleet.ok([
        "jump",
        "--master",
        await fleet.spoolByCommand("a.tgz", { "post-sync.sh": script }),
      ]);
      const env = { ...https, AWS_CA_BUNDLE: authority.path };
      const { code, stderr } = await web.ftl(["sync"], { env });
      assertEquals(code, 0, stderr);
      assertMatch(stderr, / post-sync\| store= file=\n/);
    });
  },
);

interface Authority {
  /** The file of its certificate. */
  readonly path: string;
  /** A certificate for localhost that it has signed, as PEM. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of our own, by `openssl`. */
async function makeCertificates(folder: TempFolder): Promise<Authority> {
  const make = [
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Tests",
    "openssl req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=localhost",
    "echo subjectAltName=DNS:localhost > names",
    "openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tls.pem -days 2 -extfile names",
  ].join(" && ");
  const cwd = folder.folder("authority");
  const { success, stderr } = await new Deno.Command("/bin/sh", { args: ["-c", make], cwd })
    .output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  return {
    path: `${cwd}/ca.pem`,
    cert: Deno.readTextFileSync(`${cwd}/tls.pem`),
    key: Deno.readTextFileSync(`${cwd}/tls.key`),
  };
}

/** Speaks TLS in front of a server that does not. */
class TlsFront implements AsyncDisposable {
  readonly #listener: Deno.TlsListener;
  readonly #port: number;
  readonly #serving: Promise<void>;

  constructor({ cert, key }: Authority, port: number) {
    this.#port = port;
    this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    this.#serving = this.#serve();
  }

  get url(): string {
    return `https://localhost:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async #serve(): Promise<void> {
    const under: Promise<unknown>[] = [];
    for await (const outer of this.#listener) {
      const inner = await Deno.connect({ port: this.#port });
      // Either side may break off, as one does that does not trust the other.
      under.push(
        outer.readable.pipeTo(inner.writable).catch(() => {}),
        inner.readable.pipeTo(outer.writable).catch(() => {}),
      );
    }
    await Promise.all(under);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}
