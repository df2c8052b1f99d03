/** Where the frames of spooled folders lie, in the bucket: see `src/archive/pack/frames.ts`. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { formatFrames, type Frame, parseFrames } from "../../archive/pack/frames.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { IntegrityError } from "../../errors.ts";
import { framesKey } from "../../revision/keys.ts";
import type { Revision } from "../../revision/names.ts";

/** Bytes of a list, compressed or not: that of some 200,000 frames. */
const MOST = 16 << 20;

/** Throws `StorageError`. */
export async function putFrames(
  bucket: Bucket,
  revision: Revision,
  { frames, signal }: { readonly frames: readonly Frame[]; readonly signal: AbortSignal },
): Promise<void> {
  const params = { [constants.ZSTD_c_compressionLevel]: 3 };
  const text = new TextEncoder().encode(formatFrames(frames));
  const bytes = new Uint8Array(zstdCompressSync(text, { params }));
  await bucket.putBytes(framesKey(revision), bytes, { metadata: {}, signal });
}

/**
 * Undefined if the revision has none, as it was no folder. Throws `IntegrityError` if they are
 * damaged, and `StorageError`.
 */
export async function getFrames(
  bucket: Bucket,
  revision: Revision,
  signal: AbortSignal,
): Promise<Frame[] | undefined> {
  const found = await bucket.getBytes(framesKey(revision), { limit: MOST, signal });
  if (found === undefined) return undefined;
  let text;
  try {
    text = zstdDecompressSync(found.bytes, { maxOutputLength: MOST });
  } catch (error) {
    throw new IntegrityError("A damaged list of frames", { cause: error });
  }
  return parseFrames(new TextDecoder().decode(text));
}
