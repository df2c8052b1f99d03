/**
 * One TCP connection: requests in, responses out, one after the other (RFC 9112, section 9).
 *
 * Written on bare sockets, because the runtime's own server can neither reset a connection nor end
 * one in the middle of a body, and moves large bodies at half the speed.
 */
import { type BlockVerdict, BodyFault, type Fault } from "../faults.ts";
import type { RequestRecord } from "../request_log.ts";
import { ByteReader, TooLongError, UnexpectedEndError } from "./byte_reader.ts";
import { BadHeadError, parseHead, type RequestHead } from "./request_head.ts";
import { RequestBody } from "./request_body.ts";
import { resetConnection } from "./reset.ts";
import { headBytes, type S3Response, sendFile } from "./response.ts";

/** The connection is over, by a fault or because the server stops. Nothing more is sent. */
export class ConnectionOver extends Error {
  override readonly name = "ConnectionOver";
}

/** The same, and the peer is to notice by a reset. */
export class ConnectionReset extends ConnectionOver {
}

/** One request on its way through the server. */
export interface Exchange {
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly record: RequestRecord;
  /** What goes wrong with this request; set before the body is read. */
  faults: readonly Fault[];
  /** Waits, unless the client leaves or the server stops, which throws ConnectionOver. */
  pause(until: Promise<void>): Promise<void>;
}

export interface ConnectionHost {
  /** Answers a request; never throws but ConnectionOver and errors of the connection itself. */
  handle(exchange: Exchange): Promise<S3Response>;
  /** The answer to what is no HTTP request at all. */
  refuse(code: "BadRequest" | "RequestHeaderSectionTooLarge"): S3Response;
  log(head: RequestHead): RequestRecord;
  /** Resolves when faults are cleared: ends stalls. */
  readonly faultsCleared: Promise<void>;
}

const MAX_HEAD_BYTES = 32 * 1024;
/** An unread body up to this size is read and dropped, to keep the connection. */
const DRAIN_BYTES = 1024 * 1024;
/** A refused client that goes on sending gets so much time to notice. */
const LINGER_BYTES = 256 * 1024 * 1024;
const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

export class Connection {
  readonly #conn: Deno.TcpConn;
  readonly #host: ConnectionHost;
  readonly #reader: ByteReader;
  #closed = false;
  #over = Promise.withResolvers<void>();

  constructor(conn: Deno.TcpConn, host: ConnectionHost) {
    this.#conn = conn;
    this.#host = host;
    this.#reader = new ByteReader(conn);
  }

  /** Serves requests until either side closes. Never throws. */
  async serve(): Promise<void> {
    try {
      this.#conn.setNoDelay(true);
      while (await this.#reader.waitForBlock() && await this.#serveOne());
    } catch (error) {
      // Otherwise the peer is gone, or this side has closed: there is nobody left to tell.
      if (error instanceof ConnectionReset) resetConnection(this.#conn);
    } finally {
      this.close();
    }
  }

  /** Closes at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over.resolve();
    try {
      this.#conn.close();
    } catch {
      // closed by the runtime already
    }
  }

  /** Serves one request; says whether another may follow. */
  async #serveOne(): Promise<boolean> {
    const started = performance.now();
    const head = await this.#readHead();
    if (head === undefined) return false;
    const record = this.#host.log(head);
    const exchange = this.#exchange(head, record);
    const response = await this.#host.handle(exchange);
    const keepAlive = await this.#settleBody(exchange.body).catch((error) => {
      release(response);
      throw error;
    }) && head.keepAlive;
    record.status = response.status;
    await this.#send(response, { exchange, keepAlive });
    record.milliseconds = performance.now() - started;
    if (!keepAlive) await this.#linger();
    return keepAlive;
  }

  async #readHead(): Promise<RequestHead | undefined> {
    try {
      return parseHead(await this.#reader.readHeadLines(MAX_HEAD_BYTES));
    } catch (error) {
      if (!(error instanceof BadHeadError || error instanceof TooLongError)) throw error;
      const response = this.#host.refuse(
        error instanceof TooLongError ? "RequestHeaderSectionTooLarge" : "BadRequest",
      );
      await this.#write(headBytes(response, false));
      if (response.body instanceof Uint8Array) await this.#write(response.body);
      await this.#linger();
      return undefined;
    }
  }

  #exchange(head: RequestHead, record: RequestRecord): Exchange {
    let filter: BodyFault | undefined;
    const body = new RequestBody({
      reader: this.#reader,
      head,
      sendContinue: () => this.#write(CONTINUE),
      onBlock: async (block) => {
        record.received += block.length;
        if (exchange.faults.length === 0) return;
        filter ??= new BodyFault(exchange.faults.filter((fault) => fault.kind !== "cut-short"));
        const { then } = filter.judge(block);
        if (then === "stall") await this.#pause(this.#host.faultsCleared);
        await this.#end(then);
      },
    });
    const exchange: Exchange = {
      head,
      body,
      record,
      faults: [],
      pause: (until) => this.#pause(until),
    };
    return exchange;
  }

  /** Reads the rest of the request's body; false if the connection cannot be used again. */
  async #settleBody(body: RequestBody): Promise<boolean> {
    if (body.continuePending) return false;
    if (body.ended) return true;
    try {
      return await body.drain(DRAIN_BYTES);
    } catch (error) {
      const bad = error instanceof BadHeadError || error instanceof TooLongError ||
        error instanceof UnexpectedEndError;
      if (bad) return false;
      throw error;
    }
  }

  async #send(
    response: S3Response,
    { exchange, keepAlive }: { exchange: Exchange; keepAlive: boolean },
  ): Promise<void> {
    const { head, record, faults } = exchange;
    const withBody = head.method !== "HEAD" && response.status !== 204 && response.status !== 304;
    const filter = head.bodyLength === 0 && faults.length > 0
      ? new BodyFault(faults)
      : new BodyFault(faults.filter((fault) => fault.kind === "cut-short"));
    const sendBlock = async (block: Uint8Array): Promise<void> => {
      const verdict = filter.judge(block);
      record.sent += verdict.pass;
      await this.#write(block.subarray(0, verdict.pass));
      if (verdict.then === "stall") await this.#pauseResponse();
      await this.#end(verdict.then);
    };
    const { body } = response;
    try {
      const first = headBytes(response, keepAlive);
      if (withBody && body instanceof Uint8Array && faults.length === 0) {
        // Head and body in one segment: what an XML answer needs.
        record.sent += body.length;
        const all = new Uint8Array(first.length + body.length);
        all.set(first);
        all.set(body, first.length);
        await this.#write(all);
        return;
      }
      await this.#write(first);
      if (withBody && body instanceof Uint8Array) await sendBlock(body);
    } catch (error) {
      release(response);
      throw error;
    }
    if (body === undefined || body instanceof Uint8Array) return;
    if (withBody) await sendFile(body, sendBlock);
    else release(response);
  }

  /** Ends the connection as a fault demands. */
  async #end(how: BlockVerdict["then"]): Promise<void> {
    if (how === "go-on") return;
    if (how === "reset") throw new ConnectionReset();
    if (how === "close") await this.#linger();
    throw new ConnectionOver();
  }

  async #pause(until: Promise<void>): Promise<void> {
    await Promise.race([until, this.#over.promise]);
    if (this.#closed) throw new ConnectionOver();
  }

  /** Waits until the faults are cleared or the client gives up. */
  async #pauseResponse(): Promise<void> {
    const left = this.#reader.waitForEnd().catch(() => {});
    await this.#pause(Promise.race([this.#host.faultsCleared, left]));
  }

  /**
   * Ends this side and waits for the other to end too: a close while the client still sends would
   * reset the connection, and the answer would be lost (RFC 9112, section 9.6).
   */
  async #linger(): Promise<void> {
    try {
      await this.#conn.closeWrite();
      for (let dropped = 0; dropped < LINGER_BYTES;) {
        const block = await this.#reader.readSome(DRAIN_BYTES);
        if (block === null) return;
        dropped += block.length;
      }
    } catch {
      // The peer was faster.
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }
}

/** Closes what a response that is not sent holds open. */
function release({ body }: S3Response): void {
  if (body !== undefined && !(body instanceof Uint8Array)) body.file.close();
}
