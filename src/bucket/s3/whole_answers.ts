/**
 * Takes S3's answers within limits, and refuses answers that are not S3's. It reads small answers to their end, or fails the request, which can then be
 * retried. A truncated answer that is found later could not be retried: the client's retries and
 * its timeout are over then.
 */
import { StorageError } from "../../errors.ts";
import { GREATEST_SMALL_LIMIT } from "../bucket.ts";
import { asksForObject, originOf, requireS3Answer } from "./foreign_answers.ts";

/** In bytes. A page of a listing is far smaller. */
const LARGEST = 16 * 1024 * 1024;
/** The most bytes of an answer with an error. */
const LARGEST_ERROR = 256 * 1024;
/** In seconds. If a store asks for a longer wait before a retry, FTL does not wait so long. */
const LONGEST_RETRY_AFTER = 5;

/** https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY_STATUS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Sends a request: `Sender.send` of the client. */
type Send = (request: Request) => Promise<Response>;

/** The requested object is larger than `GREATEST_SMALL_LIMIT`. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";

  /** @param bytes the size that the answer announced */
  constructor(readonly bytes: number | undefined) {
    super("the object is too large");
  }
}

/**
 * An answer of S3, read to its end. Throws `TooLargeError`, `StorageError` if the answer is not
 * S3's, and the errors of the network. These are marked so that the AWS SDK retries, except for an
 * abort.
 */
export async function fetchWhole(
  request: Request,
  { send, onAnswer }: { send: Send; onAnswer: ((headers: Headers) => void) | undefined },
): Promise<Response> {
  return await markBroken(request, async () => {
    const response = await sendUntilAbort(request, send);
    onAnswer?.(response.headers);
    const isObject = asksForObject(request) && response.status < 300;
    const bytes = await readAtMost(response, mostOf(response, isObject));
    if (bytes === undefined && isObject) throw new TooLargeError(announcedLength(response));
    if (bytes === undefined) throw tooMuch(request);
    requireS3Answer(request, response, bytes);
    return answerOf(response, bytes);
  });
}

/** An answer whose body the caller reads later. Only the body of a failure is read here. */
export async function fetchBody(request: Request, send: Send): Promise<Response> {
  const response = await sendUntilAbort(request, send);
  try {
    if (response.status < 300) {
      requireS3Answer(request, response, undefined);
      return response;
    }
    const bytes = await readAtMost(response, LARGEST_ERROR);
    if (bytes === undefined) throw tooMuch(request);
    requireS3Answer(request, response, bytes);
    return answerOf(response, bytes);
  } catch (error) {
    await response.body?.cancel().catch(() => {});
    throw error;
  }
}

/**
 * An answer of a service for credentials, read to its end. Such a service does not answer as S3
 * does.
 */
export async function fetchCredentials(request: Request, send: Send): Promise<Response> {
  return await markBroken(request, async () => {
    const response = await sendUntilAbort(request, send);
    const bytes = await readAtMost(response, LARGEST_ERROR);
    if (bytes === undefined) throw tooMuch(request);
    return answerOf(response, bytes);
  });
}

async function sendUntilAbort(request: Request, send: Send): Promise<Response> {
  const response = await send(request);
  // An answer after an abort is not read, and would keep its connection open.
  if (request.signal.aborted) await response.body?.cancel().catch(() => {});
  return response;
}

function mostOf({ status }: Response, isObject: boolean): number {
  if (status >= 300) return LARGEST_ERROR;
  return isObject ? GREATEST_SMALL_LIMIT : LARGEST;
}

/** The whole body. Undefined if it has more bytes than `most`; then the rest is not read. */
async function readAtMost(
  response: Response,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { body } = response;
  if (body === null) return new Uint8Array();
  if ((announcedLength(response) ?? 0) > most) {
    await body.cancel().catch(() => {});
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

/** All chunks one after the other. They have `length` bytes. */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function announcedLength({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/** An answer with these bytes, which asks for no long wait before a retry. */
export function answerOf(
  { status, statusText, headers }: Pick<Response, "status" | "statusText" | "headers">,
  bytes: BodyInit,
): Response {
  if (Number(headers.get("retry-after") ?? 0) > LONGEST_RETRY_AFTER) {
    headers = new Headers(headers);
    headers.delete("retry-after");
  }
  // A `Response` with such a status must have no body, not even an empty one. Any other may have an
  // empty body.
  return new Response(NULL_BODY_STATUS.has(status) ? null : bytes, { status, statusText, headers });
}

function tooMuch(request: Request): StorageError {
  return new StorageError(
    `${originOf(request)} answered, but not as S3 does: it sent more than S3 ever sends`,
    { reason: "not-s3", hint: "Check AWS_ENDPOINT_URL_S3, HTTPS_PROXY and the network" },
  );
}

/** Marks the errors of the runtime that a retry may solve. The SDK does not know them. */
async function markBroken<T>(request: Request, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOurs = error instanceof StorageError || error instanceof TooLargeError;
    const isBroken = error instanceof Error && !isOurs && !request.signal.aborted;
    throw isBroken ? Object.assign(error, { $retryable: { throttling: false } }) : error;
  }
}
