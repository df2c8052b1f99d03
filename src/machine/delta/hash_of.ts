/** The SHA-256 of a file. */
import { createHash } from "node:crypto";
import { withShortPath } from "../../archive/write/long_path.ts";

/** One for all files: each of its own would be garbage that V8 does not see in time. */
const buffer = new Uint8Array(256 * 1024);

/** Undefined if it cannot be read. */
export function hashOf(place: string): string | undefined {
  try {
    using file = withShortPath(place, (path) => Deno.openSync(path));
    const hash = createHash("sha256");
    for (;;) {
      const read = file.readSync(buffer);
      if (read === null) return hash.digest("hex");
      hash.update(buffer.subarray(0, read));
    }
  } catch {
    return undefined;
  }
}
