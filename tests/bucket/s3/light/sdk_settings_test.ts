import process from "node:process";
import { assertEquals } from "../../../assert.ts";
import { sdkSetting } from "../../../../src/bucket/s3/light/sdk_settings.ts";

Deno.test("sdkSetting() names what only the SDK knows how to follow", () => {
  const none = new Map<string, string>();
  const plain = {
    AWS_REGION: "us-east-1",
    AWS_PROFILE: "web",
    AWS_MAX_ATTEMPTS: "9",
    AWS_USE_FIPS_ENDPOINT: "false",
    AWS_USE_DUALSTACK_ENDPOINT: "",
    AWS_RETRY_MODE: "standard",
  };
  assertEquals(
    sdkSetting(plain, new Map([["region", "us-east-1"], ["max_attempts", "9"]])),
    undefined,
  );
  const variables = [
    ["AWS_USE_FIPS_ENDPOINT", "true"],
    ["AWS_USE_DUALSTACK_ENDPOINT", "true"],
    ["AWS_RETRY_MODE", "adaptive"],
    ["AWS_DEFAULTS_MODE", "auto"],
    ["AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true"],
    ["AWS_SDK_UA_APP_ID", "web"],
  ] as const;
  for (const [name, value] of variables) assertEquals(sdkSetting({ [name]: value }, none), name);
  const settings = [
    ["use_fips_endpoint", "true"],
    ["use_dualstack_endpoint", "true"],
    ["retry_mode", "adaptive"],
    ["s3.use_accelerate_endpoint", "true"],
    ["services", "local"],
  ] as const;
  for (const [name, value] of settings) {
    assertEquals(sdkSetting({}, new Map([[name, value]])), name);
  }
});

Deno.test({
  name: "sdkSetting() asks for no variable that the permissions for AWS's do not allow",
  permissions: { env: ["AWS_*"] },
  fn: () => assertEquals(sdkSetting(process.env, new Map()), undefined),
});

Deno.test("an endpoint that only the environment of the process has leaves all requests to the SDK", async () => {
  const [module, config] = ["../../../../src/bucket/s3/connection.ts", "../../../../deno.json"]
    .map((path) => new URL(path, import.meta.url));
  const code = `import { connect } from ${JSON.stringify(module)};
    const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", HOME: "/nonexistent" };
    console.log(connect(keys).sdkSetting);
    console.log(connect({ ...keys, AWS_ENDPOINT_URL: "http://127.0.0.1:9000" }).sdkSetting);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", `--config=${config?.pathname}`, code],
    env: { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9001", NO_COLOR: "1" },
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(said, ["AWS_ENDPOINT_URL\nundefined\n", ""]);
});
