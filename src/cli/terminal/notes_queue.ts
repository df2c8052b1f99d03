/**
 * Notes for a reader that may be stalled: a pipe into a program that hangs, the socket of a journal. A command
 * that waits for such a reader hears no signal and keeps its locks. So notes are written beside the work, and
 * when the queue is full, further notes are lost.
 */

/** Characters that may wait for the reader. */
const MOST = 1 << 20;
/** Milliseconds that the end of a command waits for the reader. */
const PATIENCE = 2000;
/** Milliseconds between two attempts, if the stream does not block by itself (`O_NONBLOCK`). */
const PAUSE = 20;

export class NotesQueue {
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  #waiting: string[] = [];
  #size = 0;
  #lost = 0;
  #running: Promise<void> | undefined;
  #patience = PATIENCE;

  /** @param write writes some of the bytes, and resolves with their number */
  constructor(write: (bytes: Uint8Array) => Promise<number>) {
    this.#write = write;
  }

  /** Never throws and never waits. */
  add(text: string): void {
    if (this.#size + text.length > MOST) {
      this.#lost += text.split("\n").length - 1;
      return;
    }
    this.#waiting.push(text);
    this.#size += text.length;
    this.#running ??= this.#run();
  }

  /**
   * Resolves when everything is written, or when the reader has stalled for too long. It waits that long only
   * once.
   */
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
        // There is no way left to report this.
      }
      this.#size -= text.length;
      const lost = this.#lost;
      this.#lost = 0;
      if (lost > 0) this.add(`${lost} lines are lost here: the reader was stalled\n`);
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
