/** The bucket that the commands work with. */
import type { Context } from "../context.ts";
import type { Bucket, OpenedBucket } from "./bucket.ts";
import type { S3BucketOptions } from "./s3/s3_bucket.ts";

/**
 * Opens the bucket of `FTL_BUCKET`. The client is loaded only here: local commands start without. `onAnswer` is
 * told the headers of each answer.
 */
export async function openBucket(
  context: Context,
  onAnswer?: (headers: Headers) => void,
): Promise<Bucket> {
  const { signal, report } = context;
  return await openStore(context, {
    signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
    // Made up for whole: nothing that a person should know at each blessing. `ftl doctor` tells it.
    onLack: (lack, message) => lack === "quotes" || report({ type: "warning", message }),
  });
}

/** The bucket as the store has it, by the certificates and the client of every command. */
export async function openStore(
  { config, trustCertificates }: Context,
  options: S3BucketOptions,
): Promise<OpenedBucket> {
  const name = config.bucket;
  trustCertificates();
  const { openS3Bucket } = await import("./s3/s3_bucket.ts");
  return openS3Bucket(name, config.env, options);
}
