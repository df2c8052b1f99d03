/** The body of a request as a stream of views: RFC 9112, sections 6.2 and 7.1; RFC 9110, 10.1.1. */
import { BadHeadError, type RequestHead } from "./request_head.ts";
import { type ByteReader, UnexpectedEndError } from "./byte_reader.ts";

const BLOCK = 256 * 1024;
const MAX_LINE = 4096;

export interface RequestBodyOptions {
  reader: ByteReader;
  head: RequestHead;
  /** Sends `100 Continue`; called before the first byte is read, if the client waits for it. */
  sendContinue(): Promise<void>;
  /** Sees every block before it is handed on: counting, faults. May change the bytes in place. */
  onBlock(block: Uint8Array): Promise<void> | void;
}

export class RequestBody {
  readonly #options: RequestBodyOptions;
  /** Bytes left of the body, or of the current chunk. */
  #left: number;
  #continuePending: boolean;
  #ended: boolean;
  #firstChunk = true;

  constructor(options: RequestBodyOptions) {
    this.#options = options;
    const { bodyLength, headers } = options.head;
    this.#left = bodyLength === "chunked" ? 0 : bodyLength;
    this.#ended = bodyLength === 0;
    this.#continuePending = headers.get("expect")?.toLowerCase() === "100-continue";
  }

  /** Whether everything has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Whether the client waits to be told to go on. It may do so without a body: boto3 does, and is
   * confused by anything but a 100 on a connection that stays open.
   */
  get continuePending(): boolean {
    return this.#continuePending;
  }

  /**
   * The next block, good until the next call; null at the body's end. Throws UnexpectedEndError
   * if the connection ends first.
   */
  async read(): Promise<Uint8Array | null> {
    if (this.#continuePending) {
      this.#continuePending = false;
      await this.#options.sendContinue();
    }
    if (this.#ended) return null;
    const { reader, head, onBlock } = this.#options;
    if (head.bodyLength === "chunked" && this.#left === 0 && !await this.#nextChunk()) return null;
    const block = await reader.readSome(Math.min(this.#left, BLOCK));
    if (block === null) throw new UnexpectedEndError("end within a body");
    this.#left -= block.length;
    if (this.#left === 0 && head.bodyLength !== "chunked") this.#ended = true;
    await onBlock(block);
    return block;
  }

  /** Reads the head of the next chunk; false after the last one. */
  async #nextChunk(): Promise<boolean> {
    const { reader } = this.#options;
    if (!this.#firstChunk && await reader.readLine(MAX_LINE) !== "") {
      throw new BadHeadError("bad chunk end");
    }
    this.#firstChunk = false;
    const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(await reader.readLine(MAX_LINE)) ??
      [];
    if (size === undefined) throw new BadHeadError("bad chunk size");
    this.#left = parseInt(size, 16);
    if (this.#left > 0) return true;
    while (await reader.readLine(MAX_LINE) !== "");
    this.#ended = true;
    return false;
  }

  /** Reads and drops at most `limit` bytes; says whether the body has ended by then. */
  async drain(limit: number): Promise<boolean> {
    for (let dropped = 0; !this.#ended && dropped < limit;) {
      dropped += (await this.read())?.length ?? 0;
    }
    return this.#ended;
  }
}
