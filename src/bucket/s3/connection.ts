/** The way to a bucket: what the environment and the AWS profile say, without anything of the SDK. */
import process from "node:process";
import { awsProblems, settingProblem } from "../aws/settings.ts";
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { type Credentials, findCredentials, findRegion } from "../aws/credentials.ts";
import { type Profile, requireProfile } from "../aws/profile.ts";
import { type Proxy, proxyFor } from "../aws/proxy.ts";
import { quote } from "../../foreign_text.ts";
import { ClockOffset } from "./light/clock_offset.ts";
import { sdkSetting } from "./light/sdk_settings.ts";
import { Sender } from "./sender.ts";

export interface Connection {
  /** The bucket's region. Throws an Error, `Region is missing`. */
  readonly region: () => Promise<string>;
  /** Throws `UsageError` or `StorageError`. */
  readonly credentials: () => Promise<Credentials>;
  /** The URL, `https://...`, of a store that is not AWS. */
  readonly endpoint: string | undefined;
  /** Whether requests go to the endpoints of S3 Transfer Acceleration. */
  readonly accelerates: boolean;
  /** The setting that only the SDK knows how to follow, if there is one. */
  readonly sdkSetting: string | undefined;
  /**
   * Whether writes have `x-amz-checksum-*`. The setting is the one of the SDKs and of the AWS CLI.
   */
  readonly sendsChecksums: boolean;
  /** The proxy on the way to a URL. */
  readonly proxyOf: (target: URL) => Proxy | undefined;
  /** `Sender.send`, for all requests. */
  readonly send: Sender["send"];
  /** Called with the headers of each answer of S3 that is read whole. */
  readonly onAnswer: ((headers: Headers) => void) | undefined;
  readonly clock: ClockOffset;
}

/** Finds the settings. Throws `UsageError` if one is not valid. Reads no credentials yet. */
export function connect(
  env: Environment,
  onAnswer?: (headers: Headers) => void,
): Connection {
  const profile = requireSettings(env);
  const { send } = new Sender();
  const endpoint = endpointOf(env) || profile.get("endpoint_url");
  return {
    region: findRegion(env, profile),
    credentials: findCredentials(env, {
      loadHandler: async () => (await import("./handlers.ts")).credentialsHandler(send),
    }),
    endpoint,
    accelerates: profile.get("s3.use_accelerate_endpoint") === "true",
    // The SDK reads the environment of the process, which may be another one in other programs.
    sdkSetting: sdkSetting(env, profile) ?? sdkSetting(process.env, profile) ??
      (endpoint === undefined && endpointOf(process.env) ? "AWS_ENDPOINT_URL" : undefined),
    sendsChecksums: sendsChecksums(env, profile),
    proxyOf: (target) => proxyFor(target, env),
    send,
    onAnswer,
    clock: new ClockOffset(),
  };
}

function endpointOf(env: Environment): string | undefined {
  return env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
}

/**
 * The setting is described at
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
 */
function sendsChecksums(env: Environment, profile: Profile): boolean {
  const name = "AWS_REQUEST_CHECKSUM_CALCULATION";
  const value = env[name] || profile.get("request_checksum_calculation") || "when_supported";
  if (/^when_supported$/i.test(value)) return true;
  if (/^when_required$/i.test(value)) return false;
  throw new UsageError(`${name} is neither when_supported nor when_required: ${quote(value)}`);
}

/** The profile in use, after a check of its settings and of the variables. */
function requireSettings(env: Environment): Profile {
  const [problem] = awsProblems(env);
  if (problem !== undefined) throw problem.error;
  const profile = requireProfile(env);
  const of = `of the AWS profile ${env["AWS_PROFILE"] || "default"}`;
  const wrong = settingProblem(`endpoint_url ${of}`, profile.get("endpoint_url"), "endpoint") ??
    settingProblem(`region ${of}`, profile.get("region"), "region");
  if (wrong !== undefined) throw wrong;
  return profile;
}
