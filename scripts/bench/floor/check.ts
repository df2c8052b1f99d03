/** `check.ts ARCHIVE`: gunzips an archive and takes the SHA-256 of what comes out: the least look into it. */
import { createHash } from "node:crypto";
import { Inflater } from "../../../src/archive/decompress/inflater.ts";

const PIECE = 1 << 20;
using file = Deno.openSync(Deno.args[0] ?? "");
const [hash, inflater] = [createHash("sha256"), new Inflater("gzip", () => {})];
const piece = new Uint8Array(PIECE);
for (let size = file.readSync(piece); size !== null; size = file.readSync(piece)) {
  for (const bytes of inflater.write(piece.subarray(0, size))) hash.update(bytes);
}
for (const bytes of inflater.end()) hash.update(bytes);
hash.digest();
