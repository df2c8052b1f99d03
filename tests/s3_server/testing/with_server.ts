/** A server and a client of the AWS SDK for one test, with a folder that goes away with them. */
import { S3Client, type S3ClientConfig, S3ServiceException } from "@aws-sdk/client-s3";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { type S3Server, type S3ServerOptions, startS3Server } from "../server.ts";
import { fail } from "../../assert.ts";

export const BUCKET = "test-bucket";

export interface TestContext {
  readonly server: S3Server;
  readonly s3: S3Client;
  readonly folder: string;
}

/** Runs `use` with a server of its own and one bucket. Errors of the server's own fail the test. */
export async function withServer(
  use: (context: TestContext) => Promise<void>,
  options: Partial<S3ServerOptions> = {},
): Promise<void> {
  const folder = options.folder ?? Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  const internalErrors: unknown[] = [];
  try {
    await using server = await startS3Server({
      folder,
      buckets: [BUCKET],
      // What a test does not crash need not reach the disk.
      durable: false,
      onInternalError: (error) => internalErrors.push(error),
      ...options,
    });
    const s3 = clientOf(server);
    try {
      await use({ server, s3, folder });
    } finally {
      s3.destroy();
    }
  } finally {
    if (options.folder === undefined) Deno.removeSync(folder, { recursive: true });
  }
  if (internalErrors[0] !== undefined) throw internalErrors[0];
}

/** A client of the SDK that does not try again, so that a test sees the first answer. */
export function clientOf(server: S3Server, more: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: server.url,
    region: server.region,
    credentials: {
      accessKeyId: server.accessKeyId,
      secretAccessKey: server.secretAccessKey,
    },
    forcePathStyle: true,
    maxAttempts: 1,
    // Its connections are the runtime's own; those of node:http outlive a test in older runtimes.
    requestHandler: new FetchHttpHandler(),
    ...more,
  });
}

/** The code and status of the error that a call of the SDK ends with; throws if the call succeeds. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return `${error.$metadata.httpStatusCode} ${error.name}`;
  }
  return fail("The call should have failed");
}
