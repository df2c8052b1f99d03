/** The SDK's clients for S3. They are loaded only for what the light requests cannot do. */
import { S3Client, type S3ClientConfig } from "./sdk.ts";
import type { Connection } from "./connection.ts";
import { bodyHandler, wholeHandler } from "./handlers.ts";
import { PRODUCT } from "./user_agent.ts";

export interface ClientSettings {
  readonly config: S3ClientConfig;
  readonly send: Connection["send"];
}

/** The settings of the client. */
export function clientSettings(connection: Connection): ClientSettings {
  const { region, credentials, endpoint, accelerates, send, onAnswer, clock } = connection;
  const config: S3ClientConfig = {
    region,
    credentials,
    // The SDK reads the settings for FIPS and dual-stack endpoints itself.
    useAccelerateEndpoint: accelerates,
    // Other stores rarely have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // A redirect could send the session token and the package to any host: see `Sender.send`.
    followRegionRedirects: false,
    // FTL sends and checks SHA-256 checksums itself. The SDK's own would need a second pass over
    // the bytes.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: wholeHandler(send, onAnswer),
    // What the light requests have learned of this machine's clock.
    systemClockOffset: clock.milliseconds,
    maxAttempts: 4,
    customUserAgent: [[...PRODUCT]],
  };
  return { config, send };
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
    requestHandler: bodyHandler(send),
    maxAttempts: 1,
  });
}

/** The same client without its own retries, for a write that is tried once. */
export function clientTryingOnce(client: S3Client, { config }: ClientSettings): S3Client {
  const { credentials, region, systemClockOffset } = client.config;
  return new S3Client({ ...config, credentials, region, systemClockOffset, maxAttempts: 1 });
}
