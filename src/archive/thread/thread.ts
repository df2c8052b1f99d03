/**
 * Decompresses on a second thread, at the same time as the main thread reads the archive and writes
 * files. `node:zlib` in Deno decompresses on the calling thread, although its interface is
 * asynchronous.
 *
 * For small files the writer takes longer than the decompressor. For large files it is the other
 * way. A buffer of `OUTPUTS` evens out some of that. If the thread is still ahead, it writes small
 * files too: see `canHelp`.
 *
 * Memory stays bounded: at most `PIECES` of input and `OUTPUTS` of output are under way.
 */
import { setImmediate } from "node:timers";
import { openInflate } from "../decompress/open_inflate.ts";
import { createFile } from "../write/create_file.ts";
import type { Compression } from "../format.ts";
import {
  type FromThread,
  serve,
  SLOTS,
  type SmallFile,
  type ToThread,
  type WriteFailure,
} from "./thread_program.ts";

/**
 * Bytes of one output. A smaller one costs more messages; a larger one does not fit the processor's
 * caches.
 */
const OUTPUT = 1 << 20;
const OUTPUTS = 12;
/** That is enough if no files are written: what is read meanwhile is even. */
const OUTPUTS_OF_READER = 6;
const PIECES = 4;
/** Memory of a piece in bytes. Larger pieces get more. */
const PIECE = 1 << 20;
/** So many outputs that were read go back in one message. It must be fewer than there are in all. */
const READ = 3;
/** If so many outputs wait, the thread is ahead: writing is the slower part. */
const AHEAD = 6;
/**
 * Bytes for a report: a path of 4,096 bytes and a message of 1,000 characters as JSON, all of them
 * escaped.
 */
const REPORT = 1 << 15;

/** A fault of the thread, not of the data. */
export class ThreadError extends Error {
  override name = "ThreadError";
}

/** The second thread. Start it, pass pieces to `write`, and read the results from `outputs`. */
export class ArchiveThread {
  /** Outputs that may be under way. */
  readonly #most: number;
  #worker: Worker | undefined;
  readonly #numbers = new Int32Array(new SharedArrayBuffer(4 * Object.keys(SLOTS).length));
  readonly #report = new Uint8Array(new SharedArrayBuffer(REPORT));
  readonly #outputs: Uint8Array[] = [];
  /** Outputs that were read, and memory of pieces that are done. */
  readonly #read: ArrayBuffer[] = [];
  readonly #blanks: ArrayBuffer[] = [];
  #onRest: (rest: Uint8Array) => void = () => {};
  #underWay = 0;
  #ended = false;
  #failure: unknown;
  #failed = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  /** @param isForWriter whether files are written. If not, it takes less memory */
  constructor({ isForWriter }: { readonly isForWriter: boolean }) {
    this.#most = isForWriter ? OUTPUTS : OUTPUTS_OF_READER;
  }

  /**
   * Starts the thread. Before that it costs nothing and writes no files. `onRest` gets the bytes
   * after the compressed data. If `onRest` throws, `outputs` fails with this error.
   */
  start(compression: Exclude<Compression, "none">, onRest: (rest: Uint8Array) => void): void {
    this.#onRest = onRest;
    const source = `import * as zlib from "node:zlib"; (${serve})({ zlib, open: ${openInflate}, ` +
      `create: ${createFile}, slots: ${JSON.stringify(SLOTS)} });`;
    // Not a blob: URL, from which a compiled executable cannot start a worker.
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new ThreadError(`The decompressing thread failed: ${event.message}`));
    };
    this.#worker = worker;
    const shared = { numbers: this.#numbers, report: this.#report };
    this.#send({ begin: compression, shared, outputSize: OUTPUT, outputs: this.#most });
  }

  /** Sends a copy of `piece` to the thread. Resolves when there is room for another. */
  async write(piece: Uint8Array): Promise<void> {
    while (this.#underWay >= PIECES && !this.#failed) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    const blank = this.#blanks.pop();
    const isEnough = blank !== undefined && blank.byteLength >= piece.length;
    const memory = isEnough ? blank : new ArrayBuffer(Math.max(PIECE, piece.length));
    new Uint8Array(memory).set(piece);
    this.#underWay++;
    this.#send({ piece: memory, length: piece.length }, [memory]);
  }

  end(): void {
    this.#send({ end: true });
  }

  /** Ends `outputs` with an error. */
  fail(error: unknown): void {
    if (!this.#failed) this.#failure = error;
    this.#failed = true;
    this.#wakeReader();
    this.#wakeWriter();
  }

  /**
   * The decompressed bytes, in pieces that are valid until the next one is requested. Throws an
   * Error with the message of `node:zlib`, or the error that `fail` got. At the end all files are
   * written.
   */
  async *outputs(): AsyncGenerator<Uint8Array> {
    while (true) {
      const output = this.#outputs.shift();
      if (output !== undefined) {
        yield output;
        if (output.byteLength > 0) this.#giveBack(output); // else `writeFiles` took its memory
        // The thread gets its input through the event loop, which needs a turn even if many outputs
        // wait.
        if (this.#starves) await new Promise<void>((resolve) => setImmediate(resolve));
      } else if (this.#failed) throw this.#failure;
      else if (this.#ended) return this.waitForFiles();
      else await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  /** Whether the thread should write files too: it is ahead, and has no files to write now. */
  get canHelp(): boolean {
    return (this.#outputs.length >= AHEAD || this.#starves) && !this.#writes && !this.#failed;
  }

  get #starves(): boolean {
    return Atomics.load(this.#numbers, SLOTS.starves) === 1;
  }

  get #writes(): boolean {
    return Atomics.load(this.#numbers, SLOTS.writes) === 1;
  }

  /**
   * Lets the thread write files whose contents are in `output`, and takes the memory of `output`.
   * Call this only if `canHelp` is true.
   */
  writeFiles(output: Uint8Array, files: readonly SmallFile[]): void {
    const memory = output.buffer as ArrayBuffer;
    Atomics.store(this.#numbers, SLOTS.writes, 1);
    this.#send({ memory, files }, [memory]);
  }

  /** The file that the thread could not write, if there is one so far. */
  get writeFailure(): WriteFailure | undefined {
    const length = Atomics.load(this.#numbers, SLOTS.report);
    if (length === 0) return undefined;
    return JSON.parse(new TextDecoder().decode(this.#report.slice(0, length)));
  }

  /** Waits until the thread has written its files, or has failed to write one. */
  waitForFiles(): void {
    // A blocking wait is good enough: the files are those of one chunk, and the caller cannot go on
    // without them.
    while (this.#writes) Atomics.wait(this.#numbers, SLOTS.writes, 1);
  }

  /** Ends the thread. After this returns, the thread writes nothing more. */
  close(): void {
    this.fail(new Error("closed"));
    Atomics.store(this.#numbers, SLOTS.stop, 1);
    this.waitForFiles();
    this.#worker?.terminate();
    // Frees the memory now, not at the next garbage collection.
    const outputs = this.#outputs.splice(0).map(({ buffer }) => buffer as ArrayBuffer);
    for (const memory of [...this.#read.splice(0), ...this.#blanks.splice(0), ...outputs]) {
      memory.transfer(0);
    }
  }

  /**
   * Several at once, as each message may wake the thread. It never waits for fewer: if it has none, all
   * others are here, and what is not yet read is given back later.
   */
  #giveBack(output: Uint8Array): void {
    this.#read.push(output.buffer as ArrayBuffer);
    if (this.#read.length < READ) return;
    const read = this.#read.splice(0);
    this.#send({ read }, read);
  }

  #send(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(message: FromThread): void {
    if ("output" in message) this.#outputs.push(new Uint8Array(message.output, 0, message.length));
    else if ("ended" in message) this.#ended = true;
    else if ("error" in message) return this.fail(new Error(message.error));
    else {
      const { done, rest, length } = message;
      this.#underWay--;
      try {
        if (rest < length) this.#onRest(new Uint8Array(done, rest, length - rest));
      } catch (error) {
        this.fail(error);
      }
      this.#blanks.push(done);
      this.#wakeWriter();
    }
    this.#wakeReader();
  }
}
