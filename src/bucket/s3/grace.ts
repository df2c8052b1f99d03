/**
 * Gives a write a little time after its command is to stop. The write is not cut off at once, and
 * is not waited for long.
 */
import { OutcomeUnknownError, StorageError } from "../../errors.ts";

/** Milliseconds to wait for the answer. */
const GRACE = 2_500;
/**
 * Milliseconds to check the outcome of a write without an answer, and to abort an upload in parts.
 */
export const LAST_LOOK = 1_500;

/**
 * A signal that aborts `GRACE` after `outer` has aborted, or after the time limit. If `outer` aborted
 * earlier, `GRACE` starts now.
 */
export class Grace implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #limit: ReturnType<typeof setTimeout> | undefined;

  /** @param timeout milliseconds, or undefined for no limit */
  constructor(outer: AbortSignal | undefined, timeout?: number) {
    this.#outer = outer;
    if (timeout !== undefined) this.#limit = setTimeout(() => this.#controller.abort(), timeout);
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
    clearTimeout(this.#limit);
    this.#outer?.removeEventListener("abort", this.#begin);
  }
}

/** The result of a last check. */
export type Found = "done" | "not done" | "no answer";

/** Checks whether a write is done, for at most `LAST_LOOK`. */
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
 * The error for a write that was sent, but whose answer did not come in time.
 *
 * @param what the object, as in `s3://deploys/a.rev`
 * @param done what the write does to it, as in `written`
 */
export function outcomeUnknown(
  reason: unknown,
  { what, done, found }: { what: string; done: string; found: Exclude<Found, "done"> },
): OutcomeUnknownError {
  const outcome = found === "no answer"
    ? `${what} may or may not have been ${done}`
    : `${what} has not been ${done} so far, but may still be`;
  return new OutcomeUnknownError(`before S3 answered: ${outcome}`, {
    cause: reason,
    what,
  });
}

/** The error for a write whose answer did not come within its time limit, and that is not done so far. */
export function unanswered(what: string, action: string): StorageError {
  return new StorageError(`S3 did not answer ${action} on ${what}`, {
    ...{ reason: "unreachable", retryable: true, action },
    hint: "It may still be done: look before you try again",
  });
}
