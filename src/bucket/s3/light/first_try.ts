/** The first try of a request, which is sent without the SDK. */
import type { Connection } from "../connection.ts";
import { ANSWER_TIMEOUT } from "../timeouts.ts";
import { answerOf, fetchBody, fetchWhole } from "../whole_answers.ts";
import { placeOf } from "./place.ts";
import { type LightRequest, sign } from "./signing.ts";

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** What is read of the body: all of it, or nothing if that is left to the caller. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What is left to the caller. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
}

/** What came of it: an answer, or the error that `fetchWhole` or `fetchBody` threw. */
export type FirstTry = { readonly answer: Answer } | { readonly error: unknown };

const NOTHING = new Uint8Array();

interface TryOptions {
  readonly signal: AbortSignal | undefined;
  /** Whether the answer is read to its end, or its body is left to the caller. */
  readonly body: "whole" | "later";
}

/**
 * Sends the request once. Undefined if only the SDK can send it; then nothing was sent. Throws what
 * finding the region and the credentials throws, and an `AbortError` after an abort.
 */
export async function tryFirst(
  request: LightRequest,
  { bucket, connection }: { bucket: string; connection: Connection },
  { signal, body }: TryOptions,
): Promise<FirstTry | undefined> {
  const { clock, endpoint, send, onAnswer } = connection;
  if (connection.sdkSetting !== undefined || request.key?.isWellFormed() === false) {
    return undefined;
  }
  const region = await connection.region();
  const place = placeOf({ bucket, region, endpoint });
  if (place === undefined) return undefined;
  const credentials = await connection.credentials();
  const signed = await sign(request, { place, region, credentials, date: clock.now() });
  if (signed === undefined) return undefined;
  const { method } = request;
  const sentAt = Date.now();
  try {
    const answer = await withinTime({ signal, body }, (until) => {
      const sent = new Request(signed.url, { method, headers: signed.headers, signal: until });
      return body === "whole" ? fetchWhole(sent, { send, onAnswer }) : fetchBody(sent, send);
    });
    clock.learn(answer.headers, sentAt);
    const { status, statusText, headers } = answer;
    if (body === "later" && status < 300) {
      return {
        answer: { status, statusText, headers, bytes: NOTHING, body: answer.body ?? undefined },
      };
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return { answer: { status, statusText, headers, bytes, body: undefined } };
  } catch (error) {
    if (signal?.aborted) throw aborted(signal);
    return { error };
  }
}

/** The answer as it was, or the error again. */
export function again(first: FirstTry): Promise<Response> {
  if ("error" in first) return Promise.reject(first.error);
  const { bytes, body, ...head } = first.answer;
  return Promise.resolve(body === undefined ? answerOf(head, bytes) : new Response(body, head));
}

/**
 * Gives the request up after `ANSWER_TIMEOUT`. The error has the name that the SDK's handler gives it. An
 * answer that is read whole is aborted then; a body that is read later hears the signal itself.
 */
async function withinTime(
  { signal: outer, body }: TryOptions,
  work: (until: AbortSignal | null) => Promise<Response>,
): Promise<Response> {
  if (outer?.aborted) throw aborted(outer);
  const stop = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
  const onAbort = (): void => {
    stop.abort(outer?.reason);
    if (outer !== undefined) reject(aborted(outer));
  };
  outer?.addEventListener("abort", onAbort);
  const timer = setTimeout(() => {
    const error = new Error(`Request did not complete within ${ANSWER_TIMEOUT} ms`);
    error.name = "TimeoutError";
    stop.abort(error);
    reject(error);
  }, ANSWER_TIMEOUT);
  try {
    const until = body === "whole" ? stop.signal : outer ?? null;
    return await Promise.race([work(until), late]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
  }
}

/** As the SDK's handler names it. */
function aborted({ reason }: AbortSignal): Error {
  const error = new Error("Request aborted", reason instanceof Error ? { cause: reason } : {});
  error.name = "AbortError";
  return error;
}
