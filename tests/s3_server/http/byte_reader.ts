/** Reads a connection by lines and by blocks, out of one buffer. */

import { Buffer } from "node:buffer";

/** Where the bytes come from: a connection, or anything like it. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** The peer ended the connection in the middle of something. */
export class UnexpectedEndError extends Error {
  override readonly name = "UnexpectedEndError";
}

/** A line or a head is longer than allowed. */
export class TooLongError extends Error {
  override readonly name = "TooLongError";
}

const BUFFER_BYTES = 256 * 1024;
const LF = 10;

export class ByteReader {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Waits for anything to read. False: the source has ended. */
  async waitForBlock(): Promise<boolean> {
    return this.#start < this.#end || await this.#fill() > 0;
  }

  /**
   * The next bytes, at most `limit` of them, as a view that is good until the next call. Null at
   * the end of the connection.
   */
  async readSome(limit: number): Promise<Uint8Array | null> {
    if (this.#start === this.#end && await this.#fill() === 0) return null;
    const view = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + limit));
    this.#start += view.length;
    return view;
  }

  /** One line without its CRLF or LF, one character a byte. Throws TooLongError. */
  async readLine(limit: number): Promise<string> {
    let line = "";
    for (;;) {
      const at = this.#buffer.subarray(this.#start, this.#end).indexOf(LF);
      const end = at === -1 ? this.#end : this.#start + at;
      line += latin1(this.#buffer.subarray(this.#start, end));
      if (line.length > limit) throw new TooLongError("line too long");
      if (at !== -1) {
        this.#start = end + 1;
        return line.endsWith("\r") ? line.slice(0, -1) : line;
      }
      this.#start = this.#end;
      if (await this.#fill() === 0) throw new UnexpectedEndError("end within a line");
    }
  }

  /** The lines of a head, up to the empty line. Throws TooLongError. */
  async readHeadLines(limit: number): Promise<string[]> {
    const lines: string[] = [];
    for (let size = 0;;) {
      const line = await this.readLine(limit);
      size += line.length;
      if (size > limit) throw new TooLongError("head too long");
      if (line !== "") lines.push(line);
      else if (lines.length > 0) return lines;
    }
  }

  /** Fills the empty buffer; says how many bytes came, 0 at the end. */
  async #fill(): Promise<number> {
    const count = await this.#source.read(this.#buffer) ?? 0;
    this.#start = 0;
    this.#end = count;
    return count;
  }

  /** Waits until the peer closes. Whatever it still sends is dropped. */
  async waitForEnd(): Promise<void> {
    while (await this.readSome(BUFFER_BYTES) !== null);
  }
}

/** One character a byte; what TextDecoder calls latin1 is windows-1252. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
