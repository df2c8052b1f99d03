/** How the command line uses credentials, region, endpoint, proxy and certificates. */
import { assert, assertEquals, assertMatch, assertNotMatch } from "../assert.ts";
import { Fleet, type RunOptions } from "./fleet.ts";

const LIST = ["list", "--master"];

Deno.test("keys of the environment go before AWS_PROFILE, which gives its region", async () => {
  await using fleet = await Fleet.start();
  const config = "[profile work]\nregion = us-east-1\naws_access_key_id = other\n" +
    "aws_secret_access_key = other\n";
  const env = {
    AWS_CONFIG_FILE: fleet.folder.write("config", config),
    AWS_PROFILE: "work",
    AWS_REGION: undefined,
  };
  await fleet.ok(LIST, { env });
  const { stdout, code } = await fleet.ftl(["doctor"], { env });
  assertMatch(stdout, /^info {2}AWS_PROFILE +'work' gives only its settings/m);
  assertMatch(stdout, /^ok {4}credentials +ftl-local, from AWS_ACCESS_KEY_ID$/m);
  assertEquals(code, 0);
});

/** The variables, and the first line of the error. The user must correct all of them: exit 2. */
const REFUSED: readonly (readonly [RunOptions["env"], RegExp])[] = [
  [{ AWS_ACCESS_KEY_ID: "ftl-local\n" }, /^ftl: AWS_ACCESS_KEY_ID ends in a line break/],
  [{ AWS_SESSION_TOKEN: "a\nhidden" }, /^ftl: AWS_SESSION_TOKEN has a control character in it\n/],
  [{ AWS_REGION: "us-east-1\r" }, /^ftl: AWS_REGION ends in a line break/],
  [{ AWS_ENDPOINT_URL_S3: "s3.example.com" }, /^ftl: AWS_ENDPOINT_URL_S3 is not a URL: 's3\.ex/],
  [{ AWS_SECRET_ACCESS_KEY: undefined }, /^ftl: AWS_SECRET_ACCESS_KEY is not set, though/],
  [
    { AWS_PROFILE: "prod" },
    /^ftl: AWS_PROFILE names 'prod', which is in neither \/dev\/null nor \/dev\/null\n/,
  ],
  [{ AWS_CA_BUNDLE: "/nonexistent.pem" }, /^ftl: AWS_CA_BUNDLE names no file that can be read/],
];

Deno.test("an invalid setting is refused before any request, and no secret is shown", async () => {
  await using fleet = await Fleet.start();
  for (const [env, expected] of REFUSED) {
    const ran = await fleet.ftl([...LIST, "--verbose"], { env: env ?? {} });
    assertEquals([ran.code, ran.stdout], [2, ""], ran.stderr);
    assertMatch(ran.stderr, expected);
    assertMatch(ran.stderr, /\nhint: /);
    assertNotMatch(ran.stderr, /Signature|AWS4-HMAC|hidden/);
  }
  assertEquals(fleet.server.log.length, 0);
});

Deno.test("the settings of a profile are checked too", async () => {
  await using fleet = await Fleet.start();
  const unset = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const keys = "aws_access_key_id = ftl-local\naws_secret_access_key = a\u00e9hidden\n";
  const cases: [content: string, env: Record<string, string | undefined>, said: RegExp][] = [
    [keys, unset, /^ftl: The secret key, from the shared AWS files, has a character in it that is/],
    ["region = a_b\n", { AWS_REGION: undefined }, /^ftl: region of the AWS profile default names/],
    [
      "endpoint_url = x\n",
      { AWS_ENDPOINT_URL_S3: undefined },
      /^ftl: endpoint_url of the AWS prof/,
    ],
  ];
  for (const [content, env, said] of cases) {
    const AWS_CONFIG_FILE = fleet.folder.write("config", `[default]\n${content}`);
    const ran = await fleet.ftl(LIST, { env: { ...env, AWS_CONFIG_FILE } });
    assertMatch(ran.stderr, said);
    assertNotMatch(ran.stderr, /hidden/);
    assertEquals(ran.code, 2);
  }
});

Deno.test("a proxy that cannot be reached is named, by its variable and without its password", async () => {
  await using fleet = await Fleet.start();
  for (const variable of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
    const ran = await fleet.ftl(LIST, { env: { [variable]: "http://me:hidden@127.0.0.1:2" } });
    assertMatch(
      ran.stderr,
      /^ftl: Cannot reach S3 at http:\S+ through the proxy http:\/\/127\.0\.0\.1:2: connection ref/,
    );
    assertMatch(ran.stderr, new RegExp(`\nhint: Check ${variable}, `));
    assertNotMatch(ran.stderr, /hidden/);
    assertEquals(ran.code, 7);
  }
});

Deno.test("https:// to a port that speaks plain HTTP is reported at once", async () => {
  await using fleet = await Fleet.start();
  const { port } = new URL(fleet.server.url);
  const started = performance.now();
  const AWS_ENDPOINT_URL_S3 = `https://127.0.0.1:${port}`;
  const ran = await fleet.ftl(LIST, { env: { AWS_ENDPOINT_URL_S3 } });
  assertMatch(
    ran.stderr,
    /^ftl: .*(speaks plain HTTP, not TLS|it speaks another protocol)\nhint: /,
  );
  assertEquals(ran.code, 7);
  assert(performance.now() - started < 30_000);
});
