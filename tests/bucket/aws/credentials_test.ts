/** Every source of credentials and of the region, by the command line, against stand-ins for AWS. */
import { createHash } from "node:crypto";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { Fleet, type Ran } from "../../e2e/fleet.ts";
import { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } from "../../s3_server/server.ts";
import {
  containerEndpoint,
  type Handout,
  metadataService,
  signOnPortal,
  StandIn,
  tokenService,
} from "./aws_services.ts";

const HOUR = 3_600_000;
const TOKEN = "session-token-of-the-tests";
const HANDOUT: Handout = {
  accessKeyId: LOCAL_ACCESS_KEY_ID,
  secretAccessKey: LOCAL_SECRET_ACCESS_KEY,
  token: TOKEN,
  lifetime: HOUR,
};

/** What takes away all that the fleet gives of credentials and region. */
const NOBODY = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
};

/** Another home, but the same cache of Deno. */
function atHome(home: string): Variables {
  return {
    HOME: home,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Lists the bucket as somebody who has only these variables, and must get an answer. */
async function assertKnown(fleet: Fleet, env: Variables): Promise<void> {
  const ran = await fleet.ftl(["list", "--master"], { env: { ...NOBODY, ...env } });
  assertEquals([ran.code, ran.stderr], [0, ""]);
}

function startFleet(): Promise<Fleet> {
  return Fleet.start({ sessionToken: TOKEN });
}

const KEYS = `aws_access_key_id = ${LOCAL_ACCESS_KEY_ID}
aws_secret_access_key = ${LOCAL_SECRET_ACCESS_KEY}
aws_session_token = ${TOKEN}
`;

Deno.test("credentials and region come from the environment", async () => {
  await using fleet = await startFleet();
  await assertKnown(fleet, {
    AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: TOKEN,
    AWS_DEFAULT_REGION: "us-east-1",
  });
});

Deno.test("credentials and region come from the shared files, default profile or another", async () => {
  await using fleet = await startFleet();
  const { folder } = fleet;
  const files = {
    AWS_SHARED_CREDENTIALS_FILE: folder.write("credentials", `[default]\n${KEYS}[other]\n${KEYS}`),
    AWS_CONFIG_FILE: folder.write(
      "config",
      "[default]\nregion = us-east-1\n[profile other]\nregion = us-east-1\n",
    ),
  };
  await assertKnown(fleet, files);
  await assertKnown(fleet, { ...files, AWS_PROFILE: "other" });
  const home = folder.folder("home");
  folder.write("home/.aws/credentials", `[default]\nregion = us-east-1\n${KEYS}`);
  await assertKnown(fleet, {
    ...atHome(home),
    AWS_SHARED_CREDENTIALS_FILE: undefined,
    AWS_CONFIG_FILE: undefined,
  });
});

Deno.test("a credential_process runs, with the whole environment, even by commands that run nothing", async () => {
  await using fleet = await startFleet();
  const { folder } = fleet;
  const answer = JSON.stringify({
    Version: 1,
    AccessKeyId: LOCAL_ACCESS_KEY_ID,
    SecretAccessKey: LOCAL_SECRET_ACCESS_KEY,
    SessionToken: TOKEN,
  });
  const program = folder.write(
    "vault",
    `#!/bin/sh\n[ "$VAULT" = open ] && exec echo '${answer}'\necho the vault is closed >&2\nexit 1\n`,
    0o755,
  );
  const env = {
    AWS_CONFIG_FILE: folder.write(
      "config",
      `[profile vault]\nregion = us-east-1\ncredential_process = ${program}\n`,
    ),
    AWS_PROFILE: "vault",
  };
  await assertKnown(fleet, { ...env, VAULT: "open" });
  const file = folder.write("a.txt", "x");
  await fleet.ok(["spool", file], { env: { ...NOBODY, ...env, VAULT: "open" } });
  const closed = await fleet.ftl(["list", "--master"], { env: { ...NOBODY, ...env } });
  assertNoCredentials(closed);
  assertMatch(
    closed.stderr,
    /found: credential_process failed: the vault is closed\nhint: Run the /,
  );
});

Deno.test("credentials come from an SSO session that the AWS CLI has opened", async () => {
  await using fleet = await startFleet();
  await using portal = signOnPortal({ bearer: "bearer", handout: HANDOUT });
  const { folder } = fleet;
  const home = folder.folder("home");
  const cached = createHash("sha1").update("work").digest("hex");
  folder.write(
    `home/.aws/sso/cache/${cached}.json`,
    JSON.stringify({ accessToken: "bearer", expiresAt: new Date(Date.now() + HOUR).toISOString() }),
  );
  const config = `[default]
region = us-east-1
sso_session = work
sso_account_id = 123456789012
sso_role_name = Deployer
[sso-session work]
sso_region = us-east-1
sso_start_url = https://work.awsapps.com/start
`;
  await assertKnown(fleet, {
    ...atHome(home),
    AWS_CONFIG_FILE: folder.write("config", config),
    AWS_ENDPOINT_URL_SSO: portal.url,
  });
  assertEquals(portal.log, ["GET /federation/credentials"]);
});

Deno.test("credentials come from a web identity, as Kubernetes and CI give it", async () => {
  await using fleet = await startFleet();
  await using sts = tokenService({ webIdentity: "signed", handout: HANDOUT });
  await assertKnown(fleet, {
    AWS_WEB_IDENTITY_TOKEN_FILE: fleet.folder.write("token", "signed"),
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/deployer",
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_REGION: "us-east-1",
  });
  assertEquals(sts.log, ["POST /"]);
});

Deno.test("credentials come from a container's endpoint", async () => {
  await using fleet = await startFleet();
  await using endpoint = containerEndpoint({ authorization: "Basic abc", handout: HANDOUT });
  await assertKnown(fleet, {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}/role`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "Basic abc",
    AWS_REGION: "us-east-1",
  });
  assertEquals(endpoint.log, ["GET /role"]);
});

Deno.test("credentials and region come from the instance, by metadata version 2", async () => {
  await using fleet = await startFleet();
  await using metadata = metadataService({ region: "us-east-1", handout: () => HANDOUT });
  await assertKnown(fleet, onInstance(metadata.url));
  const { stdout } = await fleet.ftl(["doctor"], {
    env: { ...NOBODY, ...onInstance(metadata.url) },
  });
  assertMatch(stdout, /^ok +credentials .*, from the instance's role, for \d+ minutes more$/m);
  metadata.log.length = 0;
  await assertKnown(fleet, onInstance(metadata.url));
  // One token to find the region, another for the credentials.
  assertEquals(metadata.log.filter((line) => line.startsWith("PUT ")).length, 2);
});

Deno.test("credentials that expire are renewed while a sync goes on", async () => {
  await using fleet = await startFleet();
  let handouts = 0;
  await using metadata = metadataService({
    region: "us-east-1",
    handout: () => ({ ...HANDOUT, lifetime: ++handouts === 1 ? 60_000 : HOUR }),
  });
  const web = fleet.machine("web", ["a", "b"]);
  const developer = { AWS_SESSION_TOKEN: TOKEN };
  const file = fleet.folder.write("a.txt", "x");
  const revision = await fleet.ok(["spool", file], { env: developer });
  await fleet.ok(["jump", "--master", revision], { env: developer });
  await web.ok(["sync"], { env: { ...NOBODY, ...onInstance(metadata.url) } });
  assertEquals(web.read("a/current/a.txt"), "x");
  // Those that end within five minutes count as expired: they are asked for anew, once.
  assertEquals(handouts, 2);
});

Deno.test("a machine without a role learns it within 3 seconds", async (t) => {
  await using fleet = await startFleet();
  const never = Promise.withResolvers<Response>();
  await using silent = new StandIn(() => never.promise.then((answer) => answer.clone()));
  await using without = new StandIn(() => new Response("", { status: 404 }));
  const begun = performance.now();
  await fleet.ok(["list", "--master"]);
  // What a busy machine takes for the program alone is none of that.
  const most = 3000 + 3 * (performance.now() - begun);
  const cases: [name: string, url: string][] = [
    ["the metadata service never answers", silent.url],
    ["it knows no role", without.url],
    ["nobody listens", "http://127.0.0.1:9"],
    // Reserved for documentation (RFC 5737): packets to it get lost, or no route is found.
    ["its address leads nowhere", "http://192.0.2.1"],
  ];
  for (const [name, url] of cases) {
    for (const region of [undefined, "us-east-1"]) {
      await t.step(`${name}, ${region === undefined ? "no region" : "a region"}`, async () => {
        const started = performance.now();
        const env = { ...NOBODY, ...onInstance(url), AWS_REGION: region };
        const ran = await fleet.ftl(["list", "--master"], { env });
        const elapsed = performance.now() - started;
        if (region === undefined) assertMatch(ran.stderr, /^ftl: AWS_REGION is not set\nhint: /);
        else {
          assertNoCredentials(ran);
          assertMatch(
            ran.stderr,
            /found: none are set, and the instance's metadata service does not/,
          );
        }
        assertEquals(ran.code, 2);
        assert(elapsed < most, `${Math.round(elapsed)} ms of ${Math.round(most)}`);
      });
    }
  }
  never.resolve(new Response(""));
});

function onInstance(url: string): Variables {
  return { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: undefined };
}

function assertNoCredentials({ code, stdout, stderr }: Ran): void {
  assertMatch(stderr, /^ftl: No AWS credentials found(: .*)?\nhint: .*\n$/);
  assertEquals([code, stdout], [2, ""]);
}
