/**
 * `fetch` for requests whose answers are small: the answer comes whole, or the request has failed and may be
 * tried again. An answer of which only the beginning has come would be found out later, when the client's
 * retries and its timeout are over.
 */

/** Bytes: no listing's page comes near it. What says that it is larger is handed on as it comes. */
const LARGEST = 16 * 1024 * 1024;

/** https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY_STATUS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Throws what the network throws, marked so that the AWS SDK tries again unless it was an abort. */
export async function fetchWhole(
  request: Request,
  onAnswer?: (headers: Headers) => void,
): Promise<Response> {
  try {
    const response = await fetch(request);
    onAnswer?.(response.headers);
    if (request.signal.aborted) await response.body?.cancel().catch(() => {});
    if (response.body === null || announcedLength(response) > LARGEST) return response;
    const bytes = await response.arrayBuffer();
    // A status that goes without a body takes not even an empty one; any other has one, be it empty.
    return new Response(NULL_BODY_STATUS.has(response.status) ? null : bytes, response);
  } catch (error) {
    // Of the runtime's own errors the SDK does not know which are worth another try.
    const isBroken = error instanceof Error && !request.signal.aborted;
    throw isBroken ? Object.assign(error, { $retryable: { throttling: false } }) : error;
  }
}

function announcedLength({ headers }: Response): number {
  return Number(headers.get("content-length") ?? 0);
}
