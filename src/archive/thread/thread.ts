/**
 * A thread beside the main one, so that decompressing overlaps with reading the archive and writing files.
 * `node:zlib` in Deno decompresses on the thread that calls it, however asynchronous it looks.
 *
 * Archives have stretches of small files, which take the writer longer than the decompressor, and of large
 * ones, where it is the other way. `OUTPUTS` evens out some of that, and while it gets ahead all the same,
 * the thread writes small files too: see `canHelp`.
 *
 * Memory stays bounded: `PIECES` of input and `OUTPUTS` of output are under way at most.
 */
import { setImmediate } from "node:timers";
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

/** Bytes of one output. Fewer cost more messages, more cost the processor's caches. */
const OUTPUT = 1 << 20;
const OUTPUTS = 12;
const PIECES = 4;
/** Outputs from which on it is ahead: writing is what takes the time. */
const AHEAD = 6;
/** Bytes for a path of 4,096 bytes and 1,000 characters of a message as JSON, were all of them escaped. */
const REPORT = 1 << 15;

/** A fault of the thread, not of the data. */
export class ThreadError extends Error {
  override name = "ThreadError";
}

/** To be started; then give it pieces with `write`, and take what comes with `outputs`. */
export class ArchiveThread {
  #worker: Worker | undefined;
  readonly #numbers = new Int32Array(new SharedArrayBuffer(4 * Object.keys(SLOTS).length));
  readonly #report = new Uint8Array(new SharedArrayBuffer(REPORT));
  readonly #outputs: Uint8Array[] = [];
  #onRest: (rest: Uint8Array) => void = () => {};
  #under = 0;
  #ended = false;
  #failure: unknown;
  #failed = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  /**
   * Starts it: until then it costs nothing, and writes no files. `onRest` gets what follows the compressed data;
   * what it throws fails `outputs`.
   */
  start(compression: Exclude<Compression, "none">, onRest: (rest: Uint8Array) => void): void {
    this.#onRest = onRest;
    Atomics.store(this.#numbers, SLOTS.credits, OUTPUTS);
    const source = `import * as zlib from "node:zlib"; (${serve})({ zlib, create: ${createFile}, ` +
      `slots: ${JSON.stringify(SLOTS)} });`;
    // No blob: URL: a compiled executable cannot start a worker from one.
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new ThreadError(`The decompressing thread failed: ${event.message}`));
    };
    this.#worker = worker;
    const shared = { numbers: this.#numbers, report: this.#report };
    this.#send({ begin: compression, shared, outputSize: OUTPUT });
  }

  /** Hands over a copy of `piece`; resolves when there is room for another. */
  async write(piece: Uint8Array): Promise<void> {
    while (this.#under >= PIECES && !this.#failed) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    const copy = new Uint8Array(piece);
    this.#under++;
    this.#send({ piece: copy }, [copy.buffer]);
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
   * The decompressed bytes, in pieces that are valid until the next one is asked for. Throws an Error with
   * the message of `node:zlib`, or what `fail` was given. At the end no file is left to be written.
   */
  async *outputs(): AsyncGenerator<Uint8Array> {
    while (true) {
      const output = this.#outputs.shift();
      if (output !== undefined) {
        yield output;
        if (output.byteLength > 0) this.#giveBack(output); // else `writeFiles` took it
        // Its input comes by way of the event loop, which a full stock keeps from its turn.
        if (this.#starves) await new Promise<void>((resolve) => setImmediate(resolve));
      } else if (this.#failed) throw this.#failure;
      else if (this.#ended) return this.waitForFiles();
      else await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  /** Whether files had better be written by it too: it is ahead, and has none to write. */
  get canHelp(): boolean {
    return (this.#outputs.length >= AHEAD || this.#starves) && !this.#writes && !this.#failed;
  }

  get #starves(): boolean {
    return Atomics.load(this.#numbers, SLOTS.starves) === 1;
  }

  get #writes(): boolean {
    return Atomics.load(this.#numbers, SLOTS.writes) === 1;
  }

  /** Has files written whose contents lie in `output`, and takes its memory. To be called when it `canHelp`. */
  writeFiles(output: Uint8Array, files: readonly SmallFile[]): void {
    const memory = output.buffer as ArrayBuffer;
    Atomics.store(this.#numbers, SLOTS.writes, 1);
    this.#send({ memory, files }, [memory]);
  }

  /** The file that it could not write, if there was one so far. */
  get writeFailure(): WriteFailure | undefined {
    const length = Atomics.load(this.#numbers, SLOTS.report);
    if (length === 0) return undefined;
    return JSON.parse(new TextDecoder().decode(this.#report.slice(0, length)));
  }

  /** Waits until the files that were handed over are written, or one of them could not be. */
  waitForFiles(): void {
    // Those of one chunk at most, and whoever asks cannot go on to anything else.
    while (this.#writes) Atomics.wait(this.#numbers, SLOTS.writes, 1);
  }

  /** Ends the thread. Once this has returned, it writes no more. */
  close(): void {
    this.fail(new Error("closed"));
    Atomics.store(this.#numbers, SLOTS.stop, 1);
    this.waitForFiles();
    this.#worker?.terminate();
  }

  #giveBack(output: Uint8Array): void {
    (output.buffer as ArrayBuffer).transfer(0); // frees it now rather than at some collection
    Atomics.add(this.#numbers, SLOTS.credits, 1);
    if (Atomics.exchange(this.#numbers, SLOTS.waits, 0) === 1) this.#send({ resume: true });
  }

  #send(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(message: FromThread): void {
    if ("output" in message) this.#outputs.push(message.output);
    else if ("ended" in message) this.#ended = true;
    else if ("error" in message) return this.fail(new Error(message.error));
    else {
      this.#under--;
      this.#wakeWriter();
      try {
        if (message.rest !== undefined) this.#onRest(message.rest);
      } catch (error) {
        this.fail(error);
      }
    }
    this.#wakeReader();
  }
}
