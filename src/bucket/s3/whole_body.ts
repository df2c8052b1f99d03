/** Reads an object of some megabytes to its end, whose body the client hands over as it comes. */
import { pause } from "../../concurrency/pause.ts";
import { StorageError } from "../../errors.ts";
import type { OpenAnswer } from "./answers.ts";
import { joined } from "./whole_answers.ts";

/** Milliseconds without a byte after which the answer is given up. */
const LONGEST_SILENCE = 20_000;
/** In bytes per millisecond, after that time. A slower answer is given up. */
const SLOWEST = 10;
/** Milliseconds before the second try. */
const PAUSE = 200;

/** Undefined if it has more bytes than `limit`. Throws what the network throws, also if it ends too early. */
export async function bytesOf(
  { body, ContentLength: announced = 0 }: OpenAnswer,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (announced > limit) {
    await body.cancel().catch(() => {});
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const started = performance.now();
  for await (const chunk of withoutSilence(body)) {
    length += chunk.byteLength;
    if (performance.now() - started > LONGEST_SILENCE + length / SLOWEST) {
      throw new TypeError(`only ${length} bytes came in ${LONGEST_SILENCE / 1000} s or more`);
    }
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  if (length < announced) throw new TypeError(`the answer ended after ${length} bytes`);
  return joined(chunks, length);
}

async function* withoutSilence(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { promise: silence, reject } = Promise.withResolvers<never>();
      const error = new TypeError(`no byte came for ${LONGEST_SILENCE / 1000} s`);
      const timer = setTimeout(() => reject(error), LONGEST_SILENCE);
      try {
        const { done, value } = await Promise.race([reader.read(), silence]);
        if (done) return;
        yield value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Once more, if the first try failed in a way that may pass. */
export async function triedTwice<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || !(error instanceof StorageError && error.retryable)) throw error;
  }
  await pause(PAUSE, signal);
  return await work();
}
