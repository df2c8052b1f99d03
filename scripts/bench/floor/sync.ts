/**
 * `sync.ts FOLDER LIST THREADS < ARCHIVE`: what any sync must do, and no more. One thread takes the archive's
 * SHA-256 and gunzips it to nowhere. Files of the sizes in LIST, 15 in a folder, are written from a memory that is
 * there: by a second thread from the beginning, if THREADS is 2, and by the first one as soon as it has time.
 * Nothing is handed over, so nobody waits: this is less than any sync whose files come out of the archive. There
 * is no tar, no check, no flush, and no look at what was written.
 */
import { createHash } from "node:crypto";
import { Inflater } from "../../../src/archive/decompress/inflater.ts";
import { type Work, writeFolders } from "./folders.ts";

const PIECE = 1 << 20;

function readArchive(): void {
  const [hash, inflater] = [createHash("sha256"), new Inflater("gzip", () => {})];
  const piece = new Uint8Array(PIECE);
  for (let size = Deno.stdin.readSync(piece); size !== null; size = Deno.stdin.readSync(piece)) {
    hash.update(piece.subarray(0, size));
    for (const _ of inflater.write(piece.subarray(0, size)));
  }
  for (const _ of inflater.end());
  hash.digest();
}

const [folder = "", list = "", threads] = Deno.args;
const sizes = Deno.readTextFileSync(list).trim().split("\n").map(Number);
const work = { folder, sizes, begun: new Int32Array(new SharedArrayBuffer(4)) };
const written = threads === "2" ? writeBeside(work) : undefined;
readArchive();
writeFolders(work);
await written;

function writeBeside(work: Work): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const worker = new Worker(new URL("folders_thread.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", () => {
    worker.terminate();
    resolve();
  });
  worker.postMessage(work);
  return promise;
}
