/** Which settings leave the reads to the SDK, because only the SDK knows how to follow them. */
import type { Environment } from "../../../config.ts";
import type { Profile } from "../../aws/profile.ts";

interface SdkSetting {
  /** The variable, if there is one. */
  readonly name?: string;
  /** The same setting in an AWS profile, if there is one. */
  readonly inProfile?: string;
  /** The value that changes nothing. */
  readonly plain?: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const SETTINGS: readonly SdkSetting[] = [
  { name: "AWS_USE_FIPS_ENDPOINT", inProfile: "use_fips_endpoint", plain: "false" },
  { name: "AWS_USE_DUALSTACK_ENDPOINT", inProfile: "use_dualstack_endpoint", plain: "false" },
  { name: "AWS_RETRY_MODE", inProfile: "retry_mode", plain: "standard" },
  { name: "AWS_DEFAULTS_MODE", inProfile: "defaults_mode" },
  { name: "AWS_AUTH_SCHEME_PREFERENCE", inProfile: "auth_scheme_preference" },
  { name: "AWS_SIGV4A_SIGNING_REGION_SET", inProfile: "sigv4a_signing_region_set" },
  {
    name: "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    inProfile: "disable_clock_skew_correction",
    plain: "false",
  },
  { name: "AWS_SDK_UA_APP_ID", inProfile: "sdk_ua_app_id" },
  // A Lambda function passes on where its call comes from.
  { name: "AWS_LAMBDA_FUNCTION_NAME" },
  { inProfile: "s3.use_accelerate_endpoint", plain: "false" },
  // The endpoints of single services.
  { inProfile: "services" },
];

/** The name of the first such setting. Undefined if there is none. */
export function sdkSetting(env: Environment, profile: Profile): string | undefined {
  for (const { name, inProfile, plain } of SETTINGS) {
    // Not even asked for without a name: a program's permissions may forbid it.
    if (name !== undefined && isSet(env[name], plain)) return name;
    if (inProfile !== undefined && isSet(profile.get(inProfile), plain)) return inProfile;
  }
  return undefined;
}

function isSet(value: string | undefined, plain: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== plain;
}
