/**
 * Decompression on a thread of its own, so that it overlaps with reading the archive and writing files.
 * `node:zlib` in Deno decompresses on the thread that calls it, however asynchronous it looks.
 *
 * The worker is started from the source text of `serve` below, which is then part of any bundle or
 * executable as it is. Memory stays bounded: `PIECES` of input and `OUTPUTS` of output are under way at
 * most, and the worker sleeps when all of its output is still to be used.
 */
import type { Compression } from "./format.ts";

/** Bytes of one output. Fewer cost more messages, more cost the processor's caches. */
const OUTPUT = 1 << 20;
/** Small files take the writer longer than the decompressor, large ones the other way: this evens it out. */
const OUTPUTS = 12;
const PIECES = 4;

type ToWorker =
  | { begin: Exclude<Compression, "none">; credits: Int32Array; outputSize: number }
  | { piece: Uint8Array }
  | { end: true };

type FromWorker =
  | { output: Uint8Array }
  /** A piece is done; `rest` of it lies behind the end of the compressed data. */
  | { done: true; rest: Uint8Array | undefined }
  | { ended: true }
  | { error: string };

interface WorkerScope {
  onmessage: (event: { data: ToWorker }) => void;
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
}

/** The worker's whole program. It may use nothing from outside but its parameter and globals. */
function serve(zlib: typeof import("node:zlib")): void {
  const scope = globalThis as unknown as WorkerScope;
  const pieces: Uint8Array[] = [];
  let stream: ReturnType<typeof zlib.createGunzip> | undefined;
  let ending = false;
  let busy = false;
  let over = false;

  const advance = (): void => {
    if (busy || stream === undefined) return;
    const piece = pieces.shift();
    if (piece === undefined) {
      if (ending) stream.end();
      return;
    }
    busy = true;
    const before = stream.bytesWritten;
    const finish = (): void => {
      const taken = (stream?.bytesWritten ?? 0) - before;
      // Once the compressed data has ended within a piece, nothing after it is taken for more of it.
      over ||= taken < piece.length;
      scope.postMessage({ done: true, rest: over ? piece.slice(taken) : undefined }, []);
      (piece.buffer as ArrayBuffer).transfer(0);
      busy = false;
      advance();
    };
    if (over) finish();
    else stream.write(piece, finish);
  };

  const begin = (compression: string, credits: Int32Array, chunkSize: number): void => {
    stream = compression === "gzip"
      ? zlib.createGunzip({ chunkSize })
      : zlib.createZstdDecompress({ chunkSize }) as unknown as typeof stream;
    stream?.on("data", (data: Uint8Array) => {
      while (Atomics.load(credits, 0) === 0) Atomics.wait(credits, 0, 0);
      Atomics.sub(credits, 0, 1);
      // The stream goes on filling its buffer behind `data`, unless that reaches to the buffer's end.
      const isLast = data.byteOffset + data.byteLength === data.buffer.byteLength;
      const output = isLast ? data : new Uint8Array(data);
      scope.postMessage({ output }, [output.buffer as ArrayBuffer]);
    });
    stream?.on("end", () => scope.postMessage({ ended: true }, []));
    stream?.on("error", (error: Error) => scope.postMessage({ error: error.message }, []));
  };

  scope.onmessage = ({ data }) => {
    if ("begin" in data) begin(data.begin, data.credits, data.outputSize);
    else if ("piece" in data) pieces.push(data.piece);
    else ending = true;
    advance();
  };
}

/** A decompressor on another thread. Give it pieces with `write`, take what comes with `outputs`. */
export class WorkerInflater {
  readonly #worker: Worker;
  readonly #credits = new Int32Array(new SharedArrayBuffer(4));
  readonly #outputs: Uint8Array[] = [];
  readonly #onRest: (rest: Uint8Array) => void;
  #under = 0;
  #ended = false;
  #failure: unknown;
  #failed = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  /** @param onRest gets what follows the compressed data; what it throws fails `outputs` */
  constructor(
    compression: Exclude<Compression, "none">,
    onRest: (rest: Uint8Array) => void,
  ) {
    this.#onRest = onRest;
    Atomics.store(this.#credits, 0, OUTPUTS);
    const source = `import * as zlib from "node:zlib"; (${serve})(zlib);`;
    // No blob: URL: a compiled executable cannot start a worker from one.
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new Error(`The decompressing thread failed: ${event.message}`));
    };
    this.#send({ begin: compression, credits: this.#credits, outputSize: OUTPUT });
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

  /** The decompressed bytes. Throws an Error with the message of `node:zlib`, or what `fail` was given. */
  async *outputs(): AsyncGenerator<Uint8Array> {
    while (true) {
      const output = this.#outputs.shift();
      if (output !== undefined) {
        yield output;
        (output.buffer as ArrayBuffer).transfer(0); // frees it now rather than at some collection
        Atomics.add(this.#credits, 0, 1);
        Atomics.notify(this.#credits, 0);
      } else if (this.#failed) throw this.#failure;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  close(): void {
    this.fail(new Error("closed"));
    this.#worker.terminate();
  }

  #send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
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
