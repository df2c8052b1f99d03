/** The thread of `gunzipBeside`: gets memory, and sends it back with outputs in it. Null is the end. */
import { gunzip } from "./gunzipped.ts";

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

async function send(output: Uint8Array): Promise<void> {
  if (blanks.length === 0) await new Promise<void>((resolve) => wake = resolve);
  const blank = blanks.shift() ?? new Uint8Array(output.length);
  blank.set(output);
  const filled = blank.subarray(0, output.length);
  scope.postMessage(filled, [blank.buffer]);
}

for (const output of gunzip()) await send(output);
scope.postMessage(null);
