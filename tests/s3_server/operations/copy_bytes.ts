/** Moves bytes from one file to another place, with pauses in which other requests are served. */

const BLOCK = 1024 * 1024;

/** Hands on the next `length` bytes of a file block by block, and closes it. */
export async function copyBytes(
  file: Deno.FsFile,
  { length, to }: { length: number; to: (block: Uint8Array) => void },
): Promise<void> {
  try {
    const buffer = new Uint8Array(Math.min(BLOCK, length));
    for (let left = length; left > 0;) {
      const count = await file.read(buffer.subarray(0, Math.min(left, BLOCK)));
      if (count === null) throw new Error("the file is shorter than its record says");
      to(buffer.subarray(0, count));
      left -= count;
    }
  } finally {
    file.close();
  }
}
