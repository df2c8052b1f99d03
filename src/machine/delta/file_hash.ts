/** Hashes files. A huge one takes minutes, so others have their turn after each piece. */
import { createHash } from "node:crypto";
import { withShortPath } from "../../archive/write/long_path.ts";

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

/** The SHA-256 of the file at a place, in hexadecimal. Undefined if it cannot be read. Throws what `breathe` throws. */
export async function hashOf(
  place: string,
  breathe: () => Promise<void>,
): Promise<string | undefined> {
  try {
    using file = withShortPath(place, (path) => Deno.openSync(path));
    return await hashFile(file, { breathe });
  } catch {
    // The end of the work must not pass for a file that cannot be read.
    await breathe();
    return undefined;
  }
}
