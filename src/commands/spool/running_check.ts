/**
 * A check that goes on while its file is uploaded. It begins at once, perhaps beside the reading for
 * the checksums, and runs once, however often the upload is tried under another id.
 */
import { createHash } from "node:crypto";
import type { Context } from "../../context.ts";
import type { Checksums, FileSource } from "../../transfer/upload/file_source.ts";
import {
  type CheckedFile,
  checkFile,
  explainRefusal,
  type SpoolFile,
  takeChecksums,
} from "./file_check.ts";

export class RunningCheck implements AsyncDisposable {
  readonly #context: Context;
  readonly #source: FileSource;
  readonly #file: SpoolFile;
  readonly #stop = new AbortController();
  readonly #sums: Promise<Checksums>;
  readonly #done: Promise<CheckedFile>;
  #failure: { readonly error: unknown } | undefined;

  constructor(context: Context, source: FileSource, file: SpoolFile) {
    this.#context = context;
    this.#source = source;
    this.#file = file;
    context.signal.addEventListener("abort", this.#onAbort);
    if (context.signal.aborted) this.#onAbort();
    this.#sums = takeChecksums(source, { ahead: file.ahead, signal: this.#stop.signal });
    this.#done = this.#check();
    // Whoever asks gets the error, but the command may end before anybody does.
    this.#sums.catch(() => {});
    this.#done.catch((error) => this.#failure = { error });
  }

  /**
   * Resolves when the file has proved good. Throws `IntegrityError` if a machine would refuse it, or if
   * it changes meanwhile.
   */
  get done(): Promise<CheckedFile> {
    return this.#done;
  }

  /** The checksums of the file. Does not wait for the check, but throws its error if it fails first. */
  async sums(): Promise<Checksums> {
    return await Promise.race([this.#sums, this.#done.then(() => this.#sums)]);
  }

  /** Throws if it is known by now that the check has failed. */
  requireNoFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What an upload gives. If it fails and the check has failed too, the fault of the file is more important. */
  async orFailure<T>(uploading: Promise<T>): Promise<T> {
    try {
      return await uploading;
    } catch (error) {
      if (!this.#context.signal.aborted) this.requireNoFailure();
      throw error;
    }
  }

  /** Ends the check, and returns when nobody reads the file any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#context.signal.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
    await Promise.allSettled([this.#sums, this.#done]);
  }

  async #check(): Promise<CheckedFile> {
    const { report } = this.#context;
    const whole = createHash("sha256");
    try {
      const context = { report, signal: this.#stop.signal };
      const checked = await checkFile(context, this.#source, { ...this.#file, sums: whole });
      // The parts' checksums bind what is uploaded to the sums, and this binds what was checked.
      this.#source.requireSame(whole.digest("hex"), (await this.#sums).sha256);
      return checked;
    } catch (error) {
      throw explainRefusal(error, this.#file.path);
    }
  }

  readonly #onAbort = (): void => this.#stop.abort(this.#context.signal.reason);
}
