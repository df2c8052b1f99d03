/** Sends one request for bytes of a range, and checks the answer. */
import type { Bucket } from "../../bucket/bucket.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { Range } from "./range.ts";
import { BrokenError, type Watchdog } from "./watchdog.ts";

/** So many bytes are read from the connection at once. */
const READ = 64 * 1024;

/** The object, and its bytes that are still missing. */
interface RangeRequest {
  readonly bucket: Bucket;
  readonly key: string;
  readonly etag: string;
  /** The size of the whole object in bytes. */
  readonly size: number;
  /** The position of the first missing byte, and the position after the last one. */
  readonly position: number;
  readonly end: number;
  /** Is told of each byte that arrives. Its signal ends the request. */
  readonly stall: Watchdog;
  /** Called with the number of bytes that were stored. */
  readonly onBytes: (count: number) => void;
}

/**
 * Reads the missing bytes into `range`. Throws `BrokenError` for a failure that a retry may solve,
 * or the error of the store or the network.
 */
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
  // After the answer, the request's signal may be garbage-collected, and an abort no longer ends
  // the body.
  stall.signal.addEventListener("abort", cancel);
  try {
    stall.signal.throwIfAborted();
    if (answer.size !== size) {
      throw new ConflictError(
        `s3://${bucket.name}/${key} is another object than in the listing`,
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
    // If the answer was read to its end, this does nothing.
    await cancel();
  }
}

function otherBytes({ bucket, key }: RangeRequest): StorageError {
  return new StorageError(
    `s3://${bucket.name}/${key}: the store sent other bytes than were requested`,
    { hint: "The store, or a proxy before it, does not support Range requests" },
  );
}
