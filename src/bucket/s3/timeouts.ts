/** How long S3 may take to answer. */

/** Milliseconds for a whole answer. Whoever reads a revision's bytes has another timeout. */
export const ANSWER_TIMEOUT = 20_000;
/** The same for the request that completes an upload. S3 may need minutes for it. */
export const COMPLETION_TIMEOUT = 15 * 60_000;
/** In bytes per millisecond. A slower upload counts as stalled. */
const SLOWEST_UPLOAD = 10;

/** Milliseconds until a request with so many bytes must be answered. */
export function timeoutFor(bytes: number): number {
  return ANSWER_TIMEOUT + bytes / SLOWEST_UPLOAD;
}

/** For the SDK's `send`. */
export function sendOptions(
  requestTimeout: number,
  signal?: AbortSignal,
): { requestTimeout: number; abortSignal?: AbortSignal } {
  return {
    requestTimeout,
    ...(signal === undefined ? {} : { abortSignal: signal }),
  };
}
