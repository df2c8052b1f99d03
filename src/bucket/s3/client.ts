/** Configures the SDK's client from the environment. */
import { S3Client, type S3ClientConfig } from "./sdk.ts";
import { FetchHttpHandler } from "npm:@smithy/fetch-http-handler@5.8.1";
import { awsProblems, settingProblem } from "../aws/settings.ts";
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { findCredentials, findRegion } from "../aws/credentials.ts";
import { type Profile, requireProfile } from "../aws/profile.ts";
import { type Proxy, proxyFor } from "../aws/proxy.ts";
import { ANSWER_TIMEOUT } from "./timeouts.ts";
import { Sender } from "./sender.ts";
import { fetchBody, fetchCredentials, fetchWhole } from "./whole_answers.ts";
import { quote } from "../../foreign_text.ts";

export interface ClientSettings {
  readonly config: S3ClientConfig;
  /** The URL, `https://...`, of a store that is not AWS. */
  readonly endpoint: string | undefined;
  /**
   * Whether writes have `x-amz-checksum-*`. The setting is the one of the SDKs and of the AWS CLI.
   */
  readonly sendsChecksums: boolean;
  /** The proxy on the way to a URL. */
  readonly proxyOf: (target: URL) => Proxy | undefined;
  /** `Sender.send`, for all requests of the client. */
  readonly send: Sender["send"];
}

/**
 * The settings of the client. Throws `UsageError` if a setting is not valid.
 *
 * @param onAnswer called with the headers of each answer of S3
 */
export function clientSettings(
  env: Environment,
  onAnswer?: (headers: Headers) => void,
): ClientSettings {
  const profile = requireSettings(env);
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"] ||
    profile.get("endpoint_url");
  const { send } = new Sender();
  const requestHandler = handlerOf((request) => fetchWhole(request, { send, onAnswer }));
  const config: S3ClientConfig = {
    region: findRegion(env, profile),
    credentials: findCredentials(env, {
      requestHandler: handlerOf((request) => fetchCredentials(request, send)),
    }),
    // The SDK reads the settings for FIPS and dual-stack endpoints itself.
    useAccelerateEndpoint: profile.get("s3.use_accelerate_endpoint") === "true",
    // Other stores rarely have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // A redirect could send the session token and the package to any host: see `Sender.send`.
    followRegionRedirects: false,
    // FTL sends and checks SHA-256 checksums itself. The SDK's own would need a second pass over
    // the bytes.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler,
    maxAttempts: 4,
  };
  return {
    config,
    endpoint,
    sendsChecksums: sendsChecksums(env, profile),
    proxyOf: (target) => proxyFor(target, env),
    send,
  };
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

/**
 * The same client without its own retries. The code that reads a body retries itself, and two
 * layers of retries would multiply. The new client keeps the clock offset that the first one has
 * learned.
 */
export function clientAskingOnce(client: S3Client, { config, send }: ClientSettings): S3Client {
  const { credentials, region, systemClockOffset } = client.config;
  return new S3Client({
    ...config,
    credentials,
    region,
    systemClockOffset,
    requestHandler: new FetchHttpHandler({
      requestTimeout: ANSWER_TIMEOUT,
      customFetch: ((request: Request) => fetchBody(request, send)) as typeof fetch,
    }),
    maxAttempts: 1,
  });
}

/** The same client without its own retries, for a write that is tried once. */
export function clientTryingOnce(client: S3Client, { config }: ClientSettings): S3Client {
  const { credentials, region, systemClockOffset } = client.config;
  return new S3Client({ ...config, credentials, region, systemClockOffset, maxAttempts: 1 });
}

/**
 * A handler for answers that are read whole. When the SDK gives a request up, the handler also
 * aborts it.
 */
function handlerOf(send: (request: Request) => Promise<Response>): FetchHttpHandler {
  return new EndingHandler({ requestTimeout: ANSWER_TIMEOUT, customFetch: send as typeof fetch });
}

class EndingHandler extends FetchHttpHandler {
  override async handle(
    ...[request, options = {}]: Parameters<FetchHttpHandler["handle"]>
  ): ReturnType<FetchHttpHandler["handle"]> {
    const outer = options.abortSignal as AbortSignal | undefined;
    const stop = new AbortController();
    // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
    const onAbort = (): void => stop.abort(outer?.reason);
    if (outer?.aborted) onAbort();
    outer?.addEventListener("abort", onAbort);
    try {
      return await super.handle(request, { ...options, abortSignal: stop.signal });
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      outer?.removeEventListener("abort", onAbort);
    }
  }
}
