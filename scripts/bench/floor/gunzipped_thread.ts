/** The thread of `gunzipBeside`: gets memory, and sends it back with outputs in it. Null is the end. */
import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import { openInflate } from "../../../src/archive/decompress/open_inflate.ts";
import { PIECE } from "./gunzipped.ts";

const scope = self as unknown as {
  onmessage: (event: { data: Uint8Array<ArrayBuffer> }) => void;
  postMessage(output: Uint8Array<ArrayBuffer> | null, transfer?: ArrayBuffer[]): void;
};
const blanks: Uint8Array<ArrayBuffer>[] = [];
let wake = (): void => {};
scope.onmessage = ({ data }) => {
  blanks.push(data);
  wake();
};

async function nextBlank(): Promise<Uint8Array<ArrayBuffer>> {
  if (blanks.length === 0) await new Promise<void>((resolve) => wake = resolve);
  return blanks.shift() ?? new Uint8Array(PIECE);
}

function send(blank: Uint8Array<ArrayBuffer>, length: number): void {
  scope.postMessage(blank.subarray(0, length), [blank.buffer]);
}

const [hash, inflate] = [createHash("sha256"), openInflate(zlib, "gzip")];
const piece = new Uint8Array(PIECE);
for (let size = Deno.stdin.readSync(piece); size !== null; size = Deno.stdin.readSync(piece)) {
  hash.update(piece.subarray(0, size));
  let rest = piece.subarray(0, size);
  for (let isFull = true; isFull;) {
    const blank = await nextBlank();
    const { taken, made } = inflate.step(rest, blank);
    rest = rest.subarray(taken);
    isFull = made === blank.length;
    send(blank, made);
  }
}
for (let isFull = true; isFull;) {
  const blank = await nextBlank();
  const made = inflate.end(blank);
  isFull = made === blank.length;
  send(blank, made);
}
hash.digest();
scope.postMessage(null);
