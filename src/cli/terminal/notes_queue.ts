/**
 * Notes on their way to a reader that may take nothing: a pipe into a program that hangs, the socket of a
 * journal. Whoever waits for such a reader hears no signal and keeps its locks. So notes are written beside
 * the work, and what is too much for a reader that stands still is lost.
 */

/** Characters that wait for the reader. */
const MOST = 1 << 20;
/** Milliseconds that the end of a command waits for the reader. */
const PATIENCE = 2000;
/** Milliseconds between two tries, where the stream does not wait by itself (`O_NONBLOCK`). */
const PAUSE = 20;

export class NotesQueue {
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  #waiting: string[] = [];
  #size = 0;
  #lost = 0;
  #running: Promise<void> | undefined;
  #patience = PATIENCE;

  /** @param write writes some of the bytes, and resolves with how many */
  constructor(write: (bytes: Uint8Array) => Promise<number>) {
    this.#write = write;
  }

  /** It never throws, and never waits. */
  add(text: string): void {
    if (this.#size + text.length > MOST) {
      this.#lost += text.split("\n").length - 1;
      return;
    }
    this.#waiting.push(text);
    this.#size += text.length;
    this.#running ??= this.#run();
  }

  /** Resolves when all is written, or when the reader has not taken it for a while: but once. */
  async settled(): Promise<void> {
    if (this.#running === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, this.#patience, "late");
    });
    if (await Promise.race([this.#running, late]) === "late") this.#patience = 0;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const text = this.#waiting.splice(0).join("");
      try {
        await this.#writeAll(text);
      } catch {
        // Nobody can be told.
      }
      this.#size -= text.length;
      const lost = this.#lost;
      this.#lost = 0;
      if (lost > 0) this.add(`${lost} lines are lost here: nobody took them\n`);
    }
    this.#running = undefined;
  }

  async #writeAll(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) {
      try {
        done += await this.#write(bytes.subarray(done));
      } catch (error) {
        if (error instanceof Deno.errors.Interrupted) continue;
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }
}
