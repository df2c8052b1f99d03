/** `gunzip.ts ARCHIVE stream|memory`: gunzips to nowhere, with a stream or into one memory as FTL does. */
import * as zlib from "node:zlib";
import { Inflater } from "../../../src/archive/decompress/inflater.ts";

const PIECE = 1 << 20;
const [archive = "", how] = Deno.args;
using file = Deno.openSync(archive);
const piece = new Uint8Array(PIECE);
const pieces = function* (): Generator<Uint8Array> {
  for (let size = file.readSync(piece); size !== null; size = file.readSync(piece)) {
    yield piece.subarray(0, size);
  }
};
if (how === "stream") {
  const stream = zlib.createGunzip({ chunkSize: PIECE }).resume();
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on("end", resolve);
  for (const bytes of pieces()) {
    await new Promise<void>((done) => stream.write(bytes, () => done()));
  }
  stream.end();
  await promise;
} else {
  const inflater = new Inflater("gzip", () => {});
  for (const bytes of pieces()) for (const _ of inflater.write(bytes));
  for (const _ of inflater.end());
}
