/** A queue of tasks that wait for their turn. A task that gives up leaves the queue. */

interface Waiting<Request> {
  readonly request: Request;
  readonly enter: () => void;
}

/**
 * Chooses which of the waiting tasks enters now: returns its index, and counts the task as entered. Undefined if
 * none can enter. It is called until it returns undefined.
 */
export type Admissible<Request> = (
  queue: readonly { readonly request: Request }[],
) => number | undefined;

export class Turns<Request> {
  readonly #admissible: Admissible<Request>;
  readonly #queue: Waiting<Request>[] = [];

  constructor(admissible: Admissible<Request>) {
    this.#admissible = admissible;
  }

  /** Resolves when the request has been admitted. Throws the reason of `signal`. */
  async enter(request: Request, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const waiting = { request, enter };
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.admit();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.admit();
    });
  }

  /** Lets in all that can enter. Call it when something was given back. */
  admit(): void {
    for (;;) {
      const index = this.#admissible(this.#queue);
      if (index === undefined) return;
      const [admitted] = this.#queue.splice(index, 1);
      admitted?.enter();
    }
  }
}
