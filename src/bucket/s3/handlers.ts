/** Sends the requests of the SDK's clients by `fetch`. */
import { FetchHttpHandler } from "npm:@smithy/fetch-http-handler@5.8.1";
import type { Sender } from "./sender.ts";
import { ANSWER_TIMEOUT } from "./timeouts.ts";
import { fetchBody, fetchCredentials, fetchWhole } from "./whole_answers.ts";

type Send = Sender["send"];

/** For answers of S3 that are read whole. */
export function wholeHandler(
  send: Send,
  onAnswer: ((headers: Headers) => void) | undefined,
): FetchHttpHandler {
  return handlerOf((request) => fetchWhole(request, { send, onAnswer }));
}

/** For answers of S3 whose body the caller reads later. */
export function bodyHandler(send: Send): FetchHttpHandler {
  return new FetchHttpHandler({
    requestTimeout: ANSWER_TIMEOUT,
    customFetch: ((request: Request) => fetchBody(request, send)) as typeof fetch,
  });
}

/** For answers of STS and SSO. */
export function credentialsHandler(send: Send): FetchHttpHandler {
  return handlerOf((request) => fetchCredentials(request, send));
}

/** Gives what came of a request that was sent already. */
export function handlerGiving(came: () => Promise<Response>): FetchHttpHandler {
  return new FetchHttpHandler({ customFetch: came as typeof fetch });
}

/**
 * A handler for answers that are read whole. When the SDK gives a request up, the handler also
 * aborts it.
 */
function handlerOf(send: (request: Request) => Promise<Response>): FetchHttpHandler {
  return new EndingHandler({ requestTimeout: ANSWER_TIMEOUT, customFetch: send as typeof fetch });
}

class EndingHandler extends FetchHttpHandler {
  override async handle(
    ...[request, options = {}]: Parameters<FetchHttpHandler["handle"]>
  ): ReturnType<FetchHttpHandler["handle"]> {
    const outer = options.abortSignal as AbortSignal | undefined;
    const stop = new AbortController();
    // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
    const onAbort = (): void => stop.abort(outer?.reason);
    if (outer?.aborted) onAbort();
    outer?.addEventListener("abort", onAbort);
    try {
      return await super.handle(request, { ...options, abortSignal: stop.signal });
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      outer?.removeEventListener("abort", onAbort);
    }
  }
}
