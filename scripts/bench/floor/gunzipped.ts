/** Reads stdin, takes its SHA-256, and gunzips it: on this thread, or on one beside it. */
import { createHash } from "node:crypto";
import { Inflater } from "../../../src/archive/decompress/inflater.ts";

export const PIECE = 1 << 20;
/** Outputs that may be under way. */
const OUTPUTS = 12;

/** Each output is valid until the next one is requested. */
export function* gunzip(): Generator<Uint8Array> {
  const [hash, inflater] = [createHash("sha256"), new Inflater("gzip", () => {})];
  const piece = new Uint8Array(PIECE);
  for (let size = Deno.stdin.readSync(piece); size !== null; size = Deno.stdin.readSync(piece)) {
    hash.update(piece.subarray(0, size));
    yield* inflater.write(piece.subarray(0, size));
  }
  yield* inflater.end();
  hash.digest();
}

/** The same, from another thread. Memory goes to and fro. */
export async function* gunzipBeside(): AsyncGenerator<Uint8Array> {
  const worker = new Worker(new URL("gunzipped_thread.ts", import.meta.url), { type: "module" });
  const outputs: (Uint8Array<ArrayBuffer> | null)[] = [];
  let wake = (): void => {};
  worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer> | null>) => {
    outputs.push(data);
    wake();
  };
  for (let i = 0; i < OUTPUTS; i++) worker.postMessage(new Uint8Array(PIECE));
  while (true) {
    if (outputs.length === 0) await new Promise<void>((resolve) => wake = resolve);
    const output = outputs.shift();
    if (output === undefined || output === null) break;
    yield output;
    const memory = new Uint8Array(output.buffer);
    worker.postMessage(memory, [memory.buffer]);
  }
  worker.terminate();
}
