/**
 * The program of the second thread. It decompresses, and writes the small files that it gets.
 *
 * `serve` is started from its source text, which thus becomes part of any bundle or executable
 * unchanged. So `serve` may use only its parameters and globals, and only types of this file.
 * Therefore it is one long function.
 */
import type { createFile, FileAttributes } from "../write/create_file.ts";
import type { Compression } from "../format.ts";

/** Numbers that both threads share, with their places in an Int32Array. */
export const SLOTS = {
  /** How many outputs may still be sent. */
  credits: 0,
  /** 1 while the decompressor waits for credits. */
  waits: 1,
  /** 1 while the decompressor has no input. */
  starves: 2,
  /** 1 while the thread has files to write. 0 when they are written, or writing has failed. */
  writes: 3,
  /** 1 if the files that are not yet written must not be written any more. */
  stop: 4,
  /** The length in bytes of the report on a failed write; 0 if there is none. */
  report: 5,
};

interface Shared {
  readonly numbers: Int32Array;
  /** The report: a `WriteFailure` as JSON. */
  readonly report: Uint8Array;
}

/** A file that could not be written, and the runtime's error. */
export interface WriteFailure {
  readonly path: string;
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** A file whose content is in the memory that is sent with it. */
export interface SmallFile extends FileAttributes {
  /** Its path below the target, for messages. */
  readonly path: string;
  /** The absolute path to write it to, short enough for the system. */
  readonly place: string;
  readonly start: number;
  readonly length: number;
}

export type ToThread =
  | { begin: Exclude<Compression, "none">; shared: Shared; outputSize: number }
  | { piece: Uint8Array }
  | { end: true }
  | { resume: true }
  | { memory: ArrayBuffer; files: readonly SmallFile[] };

export type FromThread =
  | { output: Uint8Array }
  /** A piece is done. `rest` is its part after the end of the compressed data. */
  | { done: true; rest: Uint8Array | undefined }
  | { ended: true }
  | { error: string };

interface Scope {
  onmessage: (event: { data: ToThread }) => void;
  postMessage(message: FromThread, transfer: ArrayBuffer[]): void;
  addEventListener(type: "error", listener: (event: { error: unknown }) => void): void;
}

interface Means {
  readonly zlib: typeof import("node:zlib");
  readonly create: typeof createFile;
  readonly slots: typeof SLOTS;
}

export function serve({ zlib, create, slots }: Means): void {
  const scope = globalThis as unknown as Scope;
  const pieces: Uint8Array[] = [];
  let stream: ReturnType<typeof zlib.createGunzip> | undefined;
  let numbers: Int32Array = new Int32Array();
  let report: Uint8Array = new Uint8Array();
  let ending = false;
  let busy = false;
  let over = false;

  const advance = (): void => {
    if (busy || stream === undefined) return;
    const piece = pieces.shift();
    Atomics.store(numbers, slots.starves, piece === undefined ? 1 : 0);
    if (piece === undefined) {
      if (ending) stream.end();
      return;
    }
    busy = true;
    const before = stream.bytesWritten;
    const finish = (): void => {
      const taken = (stream?.bytesWritten ?? 0) - before;
      // After the end of the compressed data, later bytes are not decompressed.
      over ||= taken < piece.length;
      scope.postMessage({ done: true, rest: over ? piece.slice(taken) : undefined }, []);
      (piece.buffer as ArrayBuffer).transfer(0);
      busy = false;
      advance();
    };
    if (over) finish();
    else stream.write(piece, finish);
  };

  /** Must be called when there are credits again. */
  const resumeIfWaiting = (): void => {
    if (Atomics.exchange(numbers, slots.waits, 0) === 1) stream?.resume();
  };

  const begin = (compression: string, chunkSize: number): void => {
    stream = compression === "gzip"
      ? zlib.createGunzip({ chunkSize })
      : zlib.createZstdDecompress({ chunkSize }) as unknown as typeof stream;
    stream?.on("data", (data: Uint8Array) => {
      // The stream goes on filling the buffer after `data`, unless `data` reaches to the buffer's
      // end.
      const isLast = data.byteOffset + data.byteLength === data.buffer.byteLength;
      const output = isLast ? data : new Uint8Array(data);
      scope.postMessage({ output }, [output.buffer as ArrayBuffer]);
      if (Atomics.sub(numbers, slots.credits, 1) > 1) return;
      stream?.pause();
      Atomics.store(numbers, slots.waits, 1);
      if (Atomics.load(numbers, slots.credits) > 0) resumeIfWaiting();
    });
    stream?.on("end", () => scope.postMessage({ ended: true }, []));
    stream?.on("error", (error: Error) => scope.postMessage({ error: error.message }, []));
  };

  /** Must be called in any case: the other thread may sleep until then. */
  const endWriting = (path: string, error?: unknown): void => {
    if (error !== undefined) {
      const { name, message, code } = error as { name?: string; message?: string; code?: string };
      const failure = { path, name: `${name}`, message: `${message}`.slice(0, 1000), code };
      const bytes = new TextEncoder().encode(JSON.stringify(failure));
      report.set(bytes);
      Atomics.store(numbers, slots.report, bytes.length);
    }
    Atomics.store(numbers, slots.writes, 0);
    Atomics.notify(numbers, slots.writes);
  };

  const write = (memory: ArrayBuffer, files: readonly SmallFile[]): void => {
    let path = "";
    try {
      for (const file of files) {
        if (Atomics.load(numbers, slots.stop) === 1) break;
        path = file.path;
        create(file.place, new Uint8Array(memory, file.start, file.length), file);
      }
      endWriting(path);
    } catch (error) {
      endWriting(path, error);
    }
    memory.transfer(0);
    Atomics.add(numbers, slots.credits, 1);
    resumeIfWaiting();
  };

  scope.addEventListener("error", ({ error }) => endWriting("", error ?? new Error("a crash")));

  scope.onmessage = ({ data }) => {
    if ("files" in data) return write(data.memory, data.files);
    if ("resume" in data) return void stream?.resume();
    if ("begin" in data) {
      ({ numbers, report } = data.shared);
      begin(data.begin, data.outputSize);
    } else if ("piece" in data) pieces.push(data.piece);
    else ending = true;
    advance();
  };
}
