/** What a write may still take once its command is to stop: neither cut off at once, nor waited for long. */
import { OutcomeUnknownError } from "../../errors.ts";

/** Milliseconds for the answer that is on its way. */
const GRACE = 2_500;
/** Milliseconds for a look at what has come of a write whose answer did not come, and to take parts back. */
export const LAST_LOOK = 1_500;

/** Aborts `GRACE` after `outer` does, or after now where that was before. */
export class Grace implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (outer?.aborted) this.#begin();
    outer?.addEventListener("abort", this.#begin);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #begin = (): void => {
    this.#timer ??= setTimeout(() => this.#controller.abort(this.#outer?.reason), GRACE);
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#begin);
  }
}

/** What a last look has found. */
export type Found = "done" | "not done" | "no answer";

/** Looks what is there, no longer than `LAST_LOOK`. */
export async function lookOnce(
  isDone: (signal: AbortSignal) => Promise<boolean>,
): Promise<Found> {
  try {
    return await isDone(AbortSignal.timeout(LAST_LOOK)) ? "done" : "not done";
  } catch {
    return "no answer";
  }
}

/**
 * The error for a write that was sent and whose answer was not waited for.
 *
 * @param what `s3://deploys/a.rev`
 * @param done `written`
 */
export function outcomeUnknown(
  reason: unknown,
  { what, done, found }: { what: string; done: string; found: Exclude<Found, "done"> },
): OutcomeUnknownError {
  const outcome = found === "no answer"
    ? `${what} may or may not have been ${done}`
    : `${what} has not been ${done} so far, but may still be`;
  return new OutcomeUnknownError(reason, `before S3 answered: ${outcome}`);
}
