/** What an upload waits for before its object becomes visible: `UploadOptions.visibleAfter`. */
import { orAborted } from "../../concurrency/abortable.ts";
import type { UploadOptions } from "../bucket.ts";

export class Clearance implements Disposable {
  readonly #controller = new AbortController();
  readonly #awaited: Promise<unknown>;
  readonly #outer: AbortSignal | undefined;
  #refusal: { readonly reason: unknown } | undefined;

  constructor({ visibleAfter, signal }: Pick<UploadOptions, "visibleAfter" | "signal">) {
    this.#awaited = visibleAfter ?? Promise.resolve();
    // Handled here, since an upload that fails first never asks for it.
    this.#awaited.catch((reason) => {
      this.#refusal = { reason };
      this.#controller.abort(reason);
    });
    this.#outer = signal;
    // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Aborts when the upload is to end: by its own signal, or because its clearance was refused. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the object must not become visible, if that is known by now. */
  get refusal(): { readonly reason: unknown } | undefined {
    return this.#refusal;
  }

  /** Resolves when the object may become visible. Throws why it must not, or the reason of the abort. */
  async granted(): Promise<void> {
    await orAborted(() => this.#awaited, this.signal);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason);

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }
}
