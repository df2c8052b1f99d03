/** What a source of credentials says that fails, by the command line. */
import { assertEquals, assertMatch } from "../../assert.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { TempFolder } from "../../temp.ts";
import { StandIn } from "./aws_services.ts";

const CONFIG = `[profile signed-on]
sso_session = work
sso_account_id = 123456789012
sso_role_name = Deployer
[sso-session work]
sso_region = us-east-1
sso_start_url = https://work.awsapps.com/start
[profile logged-in]
login_session = arn:aws:iam::123456789012:user/me
[profile loud]
credential_process = printf 'no\\033[31m\\ntoken%02000d' 0 >&2; false
[profile babble]
credential_process = echo hello
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = base
[profile base]
aws_access_key_id = a
aws_secret_access_key = b
[profile orphan]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = nobody
[profile coded]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile machine]
role_arn = arn:aws:iam::123456789012:role/x
credential_source = Ec2InstanceMetadata
`;

const IDENTITY = { AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/x" };
const SET = "Set AWS_ACCESS_KEY_ID and ";

/** By what is set: exit code, what is said, and the beginning of the hint. */
const CASES: readonly (readonly [
  what: string,
  env: Readonly<Record<string, string>>,
  code: number,
  said: RegExp,
  hint: string,
])[] = [
  ["nothing", {}, 2, /found$/, SET],
  [
    "an SSO session that is not open",
    { AWS_PROFILE: "signed-on" },
    2,
    /found: The SSO session token .* not found or is invalid$/,
    "Log in again: aws sso login --profile signed-on",
  ],
  [
    "a login that is over",
    { AWS_PROFILE: "logged-in" },
    2,
    /found: Failed to load token from /,
    "Log in again: aws login --profile logged-in",
  ],
  [
    "a credential_process that fails",
    { AWS_PROFILE: "loud" },
    2,
    /found: credential_process failed: no\\x1b\[31m token0{300,400}\.\.\.$/,
    "Run the credential_process",
  ],
  [
    "a credential_process that says something else",
    { AWS_PROFILE: "babble" },
    2,
    /found: Profile babble credential_process returned invalid JSON$/,
    "Run the credential_process",
  ],
  [
    "a role that may not be assumed",
    { AWS_PROFILE: "role" },
    7,
    /^ftl: Cannot get AWS credentials: AccessDenied, me may not sts:AssumeRole$/,
    "Check the role",
  ],
  [
    "a role whose source is not there",
    { AWS_PROFILE: "orphan" },
    2,
    /found: Could not resolve .* profile: \[nobody\]/,
    SET,
  ],
  [
    "a role that asks for a code",
    { AWS_PROFILE: "coded" },
    2,
    /found: Profile coded requires multi-factor/,
    "FTL cannot ask for a code",
  ],
  [
    "a role of an instance that is none",
    { AWS_PROFILE: "machine" },
    2,
    /found: none are set, and the instance's /,
    SET,
  ],
  [
    "a token's file that is not there",
    { ...IDENTITY, AWS_WEB_IDENTITY_TOKEN_FILE: "/nonexistent/token" },
    2,
    /found: ENOENT.*'\/nonexistent\/token'$/,
    SET,
  ],
  [
    "an identity that is refused",
    { ...IDENTITY, AWS_WEB_IDENTITY_TOKEN_FILE: "/etc/hosts" },
    7,
    /^ftl: Cannot get AWS credentials: AccessDenied, me /,
    "Check the role",
  ],
  [
    "a container that gives none",
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/" },
    2,
    /found: the endpoint of AWS_CONTAINER_CREDENTIALS_FULL_URI gave none, /,
    SET,
  ],
];

const DENIED =
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>me may not sts:AssumeRole</Message></Error></ErrorResponse>`;

Deno.test("where there are no credentials, the source that failed says why", async (t) => {
  await using fleet = await Fleet.start();
  await using sts = new StandIn(() =>
    new Response(DENIED, { status: 403, headers: { "content-type": "text/xml" } })
  );
  const common = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_REGION: "us-east-1",
    AWS_CONFIG_FILE: fleet.folder.write("config", CONFIG),
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:9",
  };
  for (const [what, env, code, said, hint] of CASES) {
    await t.step(what, async () => {
      const ran = await fleet.ftl(["list", "--master"], { env: { ...common, ...env } });
      const [first = "", second = "", ...more] = ran.stderr.split("\n");
      assertMatch(first, said);
      assertEquals(second.slice(0, "hint: ".length + hint.length), `hint: ${hint}`);
      assertEquals([ran.code, ran.stdout, more], [code, "", [""]]);
    });
  }
});

/** Asks for credentials while the metadata service is asked for others. */
const TWO_AT_ONCE = `const said = ({ message }) => message;
  let second;
  const service = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    second ??= credentials().catch(said);
    return new Response(null, { status: 404 });
  });
  Deno.env.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:" + service.addr.port);
  const credentials = findCredentials(Deno.env.toObject(), {});
  console.log(await credentials().catch(said));
  console.log(await second);
  await service.shutdown();`;

Deno.test("two requests at once learn the same reason why there are no credentials", async () => {
  using folder = new TempFolder();
  const [module, config] = ["../../../src/bucket/aws/credentials.ts", "../../../deno.json"]
    .map((path) => new URL(path, import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--quiet", `--config=${config?.pathname}`],
      `import { findCredentials } from ${JSON.stringify(module)};${TWO_AT_ONCE}`,
    ],
    env: {
      AWS_ACCESS_KEY_ID: "",
      AWS_PROFILE: "loud",
      AWS_CONFIG_FILE: folder.write("config", CONFIG),
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
      NO_COLOR: "1",
    },
  }).output();
  const [said, warned] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(warned, "");
  assertMatch(said ?? "", /^(No AWS credentials found: credential_process failed: .*\n){2}$/);
});
