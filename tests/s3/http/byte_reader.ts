/**
 * Reads a connection by lines and by blocks, out of one buffer.
 *
 * With `careful`, a head is read byte by byte and its last byte is left in the kernel: closing a
 * socket that has unread bytes is how a TCP reset is sent where the runtime has no call for it
 * (RFC 1122, section 4.2.2.13).
 */

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
  #byteLeftBehind = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Waits for the first byte of a request. False: the peer has closed. */
  async waitForByte(): Promise<boolean> {
    if (this.#start < this.#end) return true;
    return await this.#read(1) > 0;
  }

  /** Waits for anything to read. False: the source has ended. */
  async waitForBlock(): Promise<boolean> {
    return this.#start < this.#end || await this.#read(BUFFER_BYTES) > 0;
  }

  /**
   * The next bytes, at most `limit` of them, as a view that is good until the next call. Null at
   * the end of the connection.
   */
  async readSome(limit: number): Promise<Uint8Array | null> {
    if (this.#byteLeftBehind) await this.#takeByteLeftBehind();
    if (this.#start === this.#end && await this.#read(BUFFER_BYTES) === 0) return null;
    const view = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + limit));
    this.#start += view.length;
    return view;
  }

  /** One line without its CRLF or LF, one character a byte. Throws TooLongError. */
  async readLine(limit: number): Promise<string> {
    if (this.#byteLeftBehind) await this.#takeByteLeftBehind();
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
      if (await this.#read(BUFFER_BYTES) === 0) throw new UnexpectedEndError("end within a line");
    }
  }

  /**
   * The lines of a head, up to the empty line. With `careful` the head's last byte stays unread
   * until more is asked for. Throws TooLongError.
   */
  async readHeadLines(limit: number, careful: boolean): Promise<string[]> {
    if (!careful) {
      const lines: string[] = [];
      let size = 0;
      for (;;) {
        const line = await this.readLine(limit);
        size += line.length;
        if (size > limit) throw new TooLongError("head too long");
        if (line !== "") lines.push(line);
        else if (lines.length > 0) return lines;
      }
    }
    let head = "";
    while (!head.endsWith("\r\n\r")) {
      if (head.length > limit) throw new TooLongError("head too long");
      if (this.#start === this.#end && await this.#read(1) === 0) {
        throw new UnexpectedEndError("end within a head");
      }
      head += String.fromCharCode(this.#buffer[this.#start++] ?? 0);
    }
    this.#byteLeftBehind = true;
    return head.split("\r\n").filter((line) => line !== "" && line !== "\r");
  }

  async #takeByteLeftBehind(): Promise<void> {
    this.#byteLeftBehind = false;
    if (this.#start === this.#end && await this.#read(1) === 0) {
      throw new UnexpectedEndError("end within a head");
    }
    this.#start++;
  }

  /** Fills the empty buffer with at most `limit` bytes; says how many came, 0 at the end. */
  async #read(limit: number): Promise<number> {
    const count = await this.#source.read(this.#buffer.subarray(0, limit)) ?? 0;
    this.#start = 0;
    this.#end = count;
    return count;
  }

  /** Waits until the peer closes. Whatever it still sends is dropped. */
  async waitForEnd(): Promise<void> {
    while (await this.readSome(BUFFER_BYTES) !== null);
  }
}

const LATIN1 = new TextDecoder("latin1");

function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}
