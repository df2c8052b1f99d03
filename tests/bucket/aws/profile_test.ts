import { assertEquals, assertThrows } from "../../assert.ts";
import { UsageError } from "../../../src/errors.ts";
import { requireProfile, usesCredentialProcess } from "../../../src/bucket/aws/profile.ts";
import { TempFolder } from "../../temp.ts";

const CONFIG = `; a comment
[default]
region=eu-central-1
s3 =
  use_accelerate_endpoint = true
  max_concurrent_requests = 20
output = json

[profile "with space"]
region = eu-north-1   
[profile vault]
credential_process = /opt/vault get
[profile through-vault]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = vault
[profile loop]
source_profile = loop
[vault-without-profile]
region = never
[sso-session default]
region = never
`;

const CREDENTIALS = `[default]
aws_access_key_id = AKIA
[vault]
region = us-west-2
`;

function withFiles(run: (env: Record<string, string>) => void): void {
  using folder = new TempFolder();
  run({
    AWS_CONFIG_FILE: folder.write("config", CONFIG),
    AWS_SHARED_CREDENTIALS_FILE: folder.write("credentials", CREDENTIALS.replace(/\n/g, "\r\n")),
  });
}

Deno.test("requireProfile() reads the profile in use from both files", () => {
  withFiles((env) => {
    const of = (name?: string): Record<string, string> =>
      Object.fromEntries(requireProfile(name === undefined ? env : { ...env, AWS_PROFILE: name }));
    assertEquals(of(), {
      "region": "eu-central-1",
      "s3": "",
      "s3.use_accelerate_endpoint": "true",
      "s3.max_concurrent_requests": "20",
      "output": "json",
      "aws_access_key_id": "AKIA",
    });
    assertEquals(of("with space"), { region: "eu-north-1" });
    assertEquals(of("vault"), { credential_process: "/opt/vault get", region: "us-west-2" });
    for (const name of ["nobody", "vault-without-profile"]) {
      assertThrows(() => of(name), UsageError, `AWS_PROFILE names '${name}', which is in neither`);
    }
  });
});

Deno.test("requireProfile() does without files that are not there", () => {
  const env = { AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" };
  assertEquals([...requireProfile(env)], []);
  assertEquals([...requireProfile({ HOME: "/nowhere" })], []);
});

Deno.test("usesCredentialProcess() follows source_profile, unless the environment has keys", () => {
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s" };
  withFiles((env) => {
    const cases: [added: Record<string, string>, uses: boolean][] = [
      [{}, false],
      [{ AWS_PROFILE: "vault" }, true],
      [{ AWS_PROFILE: "through-vault" }, true],
      [{ AWS_PROFILE: "loop" }, false],
      [{ AWS_PROFILE: "nobody" }, false],
      [keys, false],
      // Keys go before a profile, as in the AWS CLI.
      [{ ...keys, AWS_PROFILE: "vault" }, false],
    ];
    for (const [added, uses] of cases) {
      assertEquals(usesCredentialProcess({ ...env, ...added }), uses, JSON.stringify(added));
    }
  });
});
