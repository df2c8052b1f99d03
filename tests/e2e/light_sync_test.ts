/** A sync that has nothing to do does not load the SDK's client: that would take half of its time. */
import { assertEquals, assertMatch } from "../assert.ts";
import { metadataService } from "../bucket/aws/aws_services.ts";
import { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } from "../s3_server/server.ts";
import { Fleet } from "./fleet.ts";

const ENTRY = new URL("../../mod.ts", import.meta.url).pathname;

/** The program from source, which fails as soon as it loads one of these packages. */
function withoutPackages(fleet: Fleet, names: readonly string[]): readonly string[] {
  const empty = fleet.folder.write("empty.mjs", "");
  const manifest = JSON.parse(
    Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
  ) as { imports: Readonly<Record<string, string>> };
  const imports = Object.fromEntries(names.map((name) => {
    return [manifest.imports[name] ?? name, `file://${empty}`];
  }));
  const map = fleet.folder.write("map.json", JSON.stringify({ imports }));
  return [Deno.execPath(), "run", "--quiet", "--allow-all", `--import-map=${map}`, ENTRY];
}

const CLIENT = ["@aws-sdk/client-s3"];
/** All of the SDK but what signs and what reads XML. */
const SDK = [
  ...CLIENT,
  ...["@aws-sdk/credential-provider-node", "@smithy/core/config", "@smithy/fetch-http-handler"],
];

Deno.test("a sync that has nothing to do, and a look at it, load no SDK", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.bless(await fleet.spool("a.tgz", { "x.txt": "x" }));
  await web.ok(["sync"]);
  const program = withoutPackages(fleet, SDK);
  await web.ok(["sync"], { program });
  await web.ok(["sync", "--dry-run"], { program });
  await web.ok(["list", "--master"], { program });
});

Deno.test("a sync that downloads loads no SDK", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.bless(await fleet.spool("a.tgz", { "x.txt": "x" }));
  await web.ok(["sync"], { program: withoutPackages(fleet, SDK) });
  assertEquals(web.read("a/current/x.txt"), "x");
});

Deno.test("with the role of an instance, a sync loads the SDK's sources of credentials, but no client", async () => {
  await using fleet = await Fleet.start({ sessionToken: "token-of-the-role" });
  const handout = () => ({
    accessKeyId: LOCAL_ACCESS_KEY_ID,
    secretAccessKey: LOCAL_SECRET_ACCESS_KEY,
    token: "token-of-the-role",
    lifetime: 3_600_000,
  });
  await using service = metadataService({ region: "us-east-1", handout });
  const ran = await fleet.ftl(["list", "--master"], {
    program: withoutPackages(fleet, [...CLIENT, "@smithy/fetch-http-handler"]),
    env: {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_SESSION_TOKEN: undefined,
      AWS_EC2_METADATA_DISABLED: undefined,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url,
    },
  });
  assertEquals([ran.code, ran.stderr], [0, ""]);
});

Deno.test("what the light requests cannot do loads the client", async () => {
  await using fleet = await Fleet.start();
  const ran = await fleet.ftl(["list", "--master"], {
    program: withoutPackages(fleet, CLIENT),
    env: { AWS_RETRY_MODE: "adaptive" },
  });
  assertMatch(ran.stderr, /does not provide an export named/);
});
