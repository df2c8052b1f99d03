/** Writes an object of bytes with one request. What it holds can be made again, so nothing looks whether it is there. */
import type { PutBytesOptions } from "../bucket.ts";
import { checkOf } from "./body_check.ts";
import type { OnceBucket } from "./put_once.ts";
import { PutObjectCommand } from "./sdk.ts";
import { sendOptions, timeoutFor } from "./timeouts.ts";
import { inKnownForm } from "./write_form.ts";

export interface BytesWrite extends PutBytesOptions {
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `Bucket.putBytes`. The client retries it, as it is the same each time. */
export async function putBytes(
  { name, client, lacks, explain }: OnceBucket,
  { key, bytes, metadata, signal }: BytesWrite,
): Promise<void> {
  signal.throwIfAborted();
  const target = { Bucket: name, Key: key };
  try {
    await inKnownForm(lacks, { checksums: true, conditions: false }, async (form) => {
      const command = new PutObjectCommand({
        ...target,
        Body: bytes,
        ContentType: "application/octet-stream",
        ...checkOf(bytes, { form, sha256: undefined, target }),
        Metadata: { ...metadata },
      });
      await client.send(command, sendOptions(timeoutFor(bytes.byteLength), signal));
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw explain(error, "s3:PutObject", key);
  }
}
