/** Large files of random bytes, and their checksums. */
import { createHash, randomFillSync } from "node:crypto";

/** Bytes. */
const BLOCK = 1_000_000;

/** Writes a file that cannot be compressed. Returns its SHA-256, in hexadecimal. */
export async function writeRandom(path: string, megabytes: number): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.create(path);
  const block = new Uint8Array(BLOCK);
  for (let i = 0; i < megabytes; i++) {
    randomFillSync(block);
    hash.update(block);
    for (let done = 0; done < BLOCK;) done += await file.write(block.subarray(done));
  }
  return hash.digest("hex");
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const block = new Uint8Array(BLOCK);
  for (let n = await file.read(block); n !== null; n = await file.read(block)) {
    hash.update(block.subarray(0, n));
  }
  return hash.digest("hex");
}
