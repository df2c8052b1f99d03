/** One request for bytes of a range: what it asks for, and what of the answer is taken. */
import type { Bucket } from "../../bucket/bucket.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { Range } from "./range.ts";
import { BrokenError, type Watchdog } from "./watchdog.ts";

/** Bytes that are read from the connection at once. */
const READ = 64 * 1024;

/** The object, and which of its bytes are still missing. */
export interface RangeRequest {
  readonly bucket: Bucket;
  readonly key: string;
  readonly etag: string;
  /** Bytes of the whole object. */
  readonly size: number;
  /** Where the first byte lies that is missing, and the one behind the last. */
  readonly position: number;
  readonly end: number;
  /** Fed with what arrives; its signal ends the request. */
  readonly stall: Watchdog;
  /** Told of bytes that have been kept. */
  readonly onBytes: (count: number) => void;
}

/** Reads what is missing into `range`. Throws what may pass as `BrokenError`, or as the store's or network's error. */
export async function requestInto(range: Range, request: RangeRequest): Promise<void> {
  const { bucket, key, etag, size, position, end, stall, onBytes } = request;
  const isWhole = position === 0 && end === size;
  const answer = await bucket.read(key, {
    etag,
    ...(isWhole ? {} : { range: { start: position, end } }),
    signal: stall.signal,
  });
  const reader = answer.body.getReader({ mode: "byob" });
  const cancel = (): Promise<void> => reader.cancel().catch(() => {});
  // The signal of a request may be collected once it is answered; then an abort no longer ends the body.
  stall.signal.addEventListener("abort", cancel);
  try {
    stall.signal.throwIfAborted();
    if (answer.size !== size) {
      throw new ConflictError(
        `s3://${bucket.name}/${key} is another object than the listing showed`,
      );
    }
    if (answer.start !== position) throw otherBytes(request);
    range.open(answer);
    let left = end - position;
    let memory = new ArrayBuffer(READ);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(memory));
      if (done) break;
      memory = value.buffer;
      if (value.byteLength > left) throw otherBytes(request);
      left -= value.byteLength;
      range.push(value);
      stall.feed(value.byteLength);
      onBytes(value.byteLength);
    }
    stall.signal.throwIfAborted();
    if (left > 0) throw new BrokenError("the connection ended early");
  } finally {
    stall.signal.removeEventListener("abort", cancel);
    // An answer that was read to its end has nothing left to cancel.
    await cancel();
  }
}

function otherBytes({ bucket, key }: RangeRequest): StorageError {
  return new StorageError(
    `s3://${bucket.name}/${key}: the store sent other bytes than were asked for`,
    { hint: "The store, or a proxy before it, does not support Range requests" },
  );
}
