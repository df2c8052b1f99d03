/**
 * Follows a script's log while it grows, and passes its lines on. Each turn has a limit, so that timers and
 * signals run too. The whole output has a limit as well: for a script that floods, only the beginning and the
 * end pass.
 */
import { fstatSync, readSync } from "node:fs";
import { cut, HEAD } from "./log.ts";

/** Bytes read in one turn. A longer line is passed on in pieces. */
const CHUNK = 64 << 10;

/** Lines passed on in one turn. */
const LINES_A_TURN = 1000;

/** Limits of the output before the script's end: bytes (fewer than a cut keeps) and lines. */
const MOST_BYTES = HEAD / 2;
const MOST_LINES = 20_000;

/** Bytes of the end that are passed on if something was left out. */
const END = 8 << 10;

export class ScriptOutput {
  readonly #fd: number;
  readonly #onLine: (text: string) => void;
  /** The log's path, to name it if something is left out. */
  readonly #path: string | undefined;
  readonly #buffer = new Uint8Array(CHUNK);
  /** Everything before this position was passed on. */
  #position = 0;
  #lines = 0;

  constructor(
    fd: number,
    { path, onLine }: { path: string | undefined; onLine: (text: string) => void },
  ) {
    this.#fd = fd;
    this.#path = path;
    this.#onLine = onLine;
  }

  /** Bytes that the script and its children have written, as far as they are kept. */
  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** Passes on some of the new whole lines. Returns true if there are more. */
  turn(end = Infinity): boolean {
    const size = Math.min(this.size, end);
    if (end === Infinity) cut(this.#fd);
    // Somebody else may have truncated the log.
    this.#position = Math.min(this.#position, size);
    if (this.#isFull || this.#position === size) return false;
    const length = Math.min(CHUNK, size - this.#position);
    const read = readSync(this.#fd, this.#buffer, 0, length, this.#position);
    const used = this.#passOn(this.#buffer.subarray(0, read));
    this.#position += used;
    return used > 0 && this.#position < size;
  }

  /**
   * Passes on the rest of the log. Lines that come later are not passed on. Call it after the script has ended.
   * `pause` is awaited between turns.
   */
  async finish(pause: () => Promise<unknown>): Promise<void> {
    const end = this.size;
    while (this.turn(end)) await pause();
    this.#passOnEnd(end);
    cut(this.#fd);
  }

  #passOnEnd(end: number): void {
    const from = this.#isFull ? Math.max(this.#position, end - END) : this.#position;
    const isCut = from > this.#position;
    if (isCut) {
      const where = this.#path === undefined ? "" : `: see ${this.#path}`;
      this.#onLine(`[ftl] ${from - this.#position} bytes are not shown${where}`);
    }
    if (from >= end) return;
    const read = readSync(this.#fd, this.#buffer, 0, Math.min(CHUNK, end - from), from);
    const lines = new TextDecoder().decode(this.#buffer.subarray(0, read)).split("\n");
    if (lines.at(-1) === "") lines.pop();
    // The first line may have begun before this position.
    for (const line of isCut && lines.length > 1 ? lines.slice(1) : lines) this.#onLine(line);
  }

  get #isFull(): boolean {
    return this.#position >= MOST_BYTES || this.#lines >= MOST_LINES;
  }

  /** Passes on whole lines. Returns their length in bytes. */
  #passOn(bytes: Uint8Array): number {
    const decoder = new TextDecoder();
    let used = 0;
    for (let count = 0; count < LINES_A_TURN && !(this.#lines >= MOST_LINES); count++) {
      const newline = bytes.indexOf(10, used);
      if (newline < 0) break;
      this.#onLine(decoder.decode(bytes.subarray(used, newline)));
      used = newline + 1;
      this.#lines++;
    }
    if (used > 0 || bytes.length < CHUNK) return used;
    const piece = wholeCharacters(bytes);
    this.#onLine(decoder.decode(bytes.subarray(0, piece)));
    this.#lines++;
    return piece;
  }
}

/** The length of `bytes` without an incomplete character at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
