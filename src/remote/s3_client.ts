/** The SDK's client, set up as the environment says. */
import { S3Client, type S3ClientConfig } from "./sdk.ts";
import { FetchHttpHandler } from "npm:@smithy/fetch-http-handler@5.8.1";
import type { Environment } from "../core/config.ts";
import { findCredentials, findRegion } from "./credentials.ts";
import { readProfile } from "./profile.ts";
import { ANSWER_TIMEOUT } from "./s3_upload.ts";
import { fetchWhole } from "./whole_answers.ts";

export interface ClientSettings {
  readonly config: S3ClientConfig;
  /** `https://...` of a store that is not AWS. */
  readonly endpoint: string | undefined;
}

/** @param onAnswer told the headers of each answer of S3 */
export function clientSettings(
  env: Environment,
  onAnswer?: (headers: Headers) => void,
): ClientSettings {
  const profile = readProfile(env);
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"] ||
    profile.get("endpoint_url");
  const requestHandler = new FetchHttpHandler({
    requestTimeout: ANSWER_TIMEOUT,
    customFetch: ((request: Request) => fetchWhole(request, onAnswer)) as typeof fetch,
  });
  const config: S3ClientConfig = {
    region: findRegion(env, profile),
    credentials: findCredentials(env, { requestHandler }),
    // FIPS and dual-stack endpoints the SDK finds by itself.
    useAccelerateEndpoint: profile.get("s3.use_accelerate_endpoint") === "true",
    // Other stores rarely have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    followRegionRedirects: true,
    // FTL gives and checks SHA-256 sums itself; the SDK's own would be a second pass over the bytes.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler,
    maxAttempts: 4,
  };
  return { config, endpoint };
}

/**
 * The same client without its own retries: whoever reads a body tries again himself, and two such layers
 * would multiply. What the first client has learnt of the server's clock goes with it.
 */
export function clientAskingOnce(client: S3Client, { config }: ClientSettings): S3Client {
  const { credentials, region, systemClockOffset } = client.config;
  return new S3Client({
    ...config,
    credentials,
    region,
    systemClockOffset,
    requestHandler: new FetchHttpHandler({
      requestTimeout: ANSWER_TIMEOUT,
      customFetch: fetchUnlessAborted as typeof fetch,
    }),
    maxAttempts: 1,
  });
}

/** An answer that comes when nobody waits for it any longer would keep its connection. */
async function fetchUnlessAborted(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (request.signal.aborted) await response.body?.cancel().catch(() => {});
  return response;
}
