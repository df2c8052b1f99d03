/** Hashes files. A huge one takes minutes, so others have their turn after each piece. */
import { createHash } from "node:crypto";

/** One for all files: each of its own would be garbage that V8 does not see in time. Nothing of it is used after a turn. */
const buffer = new Uint8Array(256 * 1024);

/**
 * The SHA-256 of all that comes, in hexadecimal.
 *
 * @param breathe called after each full piece. What it throws ends the reading
 * @param write gets each piece, which is valid until it returns
 */
export async function hashFile(
  source: Deno.FsFile,
  { breathe, write }: {
    readonly breathe: () => Promise<void>;
    readonly write?: (piece: Uint8Array) => void;
  },
): Promise<string> {
  const hash = createHash("sha256");
  for (;;) {
    const read = source.readSync(buffer);
    if (read === null) return hash.digest("hex");
    const piece = buffer.subarray(0, read);
    hash.update(piece);
    write?.(piece);
    if (read === buffer.length) await breathe();
  }
}
