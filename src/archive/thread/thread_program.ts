/**
 * The program of the second thread. It decompresses, and writes the small files that it gets.
 *
 * `serve` is started from its source text, which thus becomes part of any bundle or executable
 * unchanged. So `serve` may use only its parameters and globals, and only types of this file.
 * Therefore it is one long function.
 */
import type { Inflate, openInflate } from "../decompress/open_inflate.ts";
import type { createFile, FileAttributes } from "../write/create_file.ts";
import type { Compression } from "../format.ts";

/** Numbers that both threads share, with their places in an Int32Array. */
export const SLOTS = {
  /** 1 while the decompressor has no input. */
  starves: 0,
  /** 1 while the thread has files to write. 0 when they are written, or writing has failed. */
  writes: 1,
  /** 1 if the files that are not yet written must not be written any more. */
  stop: 2,
  /** The length in bytes of the report on a failed write; 0 if there is none. */
  report: 3,
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

/** All memory goes to and fro, so that neither thread takes new memory once it has enough. */
export type ToThread =
  | {
    begin: Exclude<Compression, "none">;
    shared: Shared;
    /** Bytes of an output, and how many there may be. */
    outputSize: number;
    outputs: number;
  }
  | { piece: ArrayBuffer; length: number }
  | { end: true }
  /** Outputs that were read. */
  | { read: ArrayBuffer[] }
  | { memory: ArrayBuffer; files: readonly SmallFile[] };

export type FromThread =
  | { output: ArrayBuffer; length: number }
  /** A piece is done. `rest` is where its part after the end of the compressed data begins. */
  | { done: ArrayBuffer; rest: number; length: number }
  | { ended: true }
  | { error: string };

interface Scope {
  onmessage: (event: { data: ToThread }) => void;
  postMessage(message: FromThread, transfer: ArrayBuffer[]): void;
  addEventListener(type: "error", listener: (event: { error: unknown }) => void): void;
}

interface Means {
  readonly zlib: typeof import("node:zlib");
  readonly open: typeof openInflate;
  readonly create: typeof createFile;
  readonly slots: typeof SLOTS;
}

export function serve({ zlib, open, create, slots }: Means): void {
  const scope = globalThis as unknown as Scope;
  const pieces: Uint8Array[] = [];
  /** Memory for outputs. So many more may be made. */
  const blanks: ArrayBuffer[] = [];
  let unmade = 0;
  let outputSize = 0;
  let inflate: Inflate | undefined;
  let numbers: Int32Array = new Int32Array();
  let report: Uint8Array = new Uint8Array();
  /** The current piece, and what is taken of it. */
  let piece: Uint8Array | undefined;
  let taken = 0;
  /** The current output, and what is filled of it. */
  let output: ArrayBuffer | undefined;
  let filled = 0;
  let ending = false;
  /** Whether the compressed data has ended. Later bytes are not decompressed. */
  let over = false;

  const send = (): void => {
    if (output !== undefined && filled > 0) {
      scope.postMessage({ output, length: filled }, [output]);
      output = undefined;
    }
    filled = 0;
  };

  const end = (message: FromThread): void => {
    inflate?.close();
    inflate = undefined;
    scope.postMessage(message, []);
  };

  const finishPiece = (): void => {
    if (piece === undefined) return;
    const done = piece.buffer as ArrayBuffer;
    scope.postMessage({ done, rest: taken, length: piece.length }, [done]);
    piece = undefined;
  };

  /** Does one step. Returns whether there is more to do now. */
  const step = (decompressor: Inflate): boolean => {
    piece ??= pieces.shift();
    Atomics.store(numbers, slots.starves, piece === undefined ? 1 : 0);
    if (over && piece !== undefined) {
      finishPiece();
      return true;
    }
    if (piece === undefined && (!ending || over)) {
      send(); // the other thread need not wait for the network too
      if (ending) end({ ended: true });
      return false;
    }
    if (output === undefined) output = blanks.pop();
    if (output === undefined && unmade-- > 0) output = new ArrayBuffer(outputSize);
    if (output === undefined) return false; // goes on when an output was read
    const room = new Uint8Array(output, filled);
    if (piece === undefined) {
      const made = decompressor.end(room);
      filled += made;
      over = made < room.length;
    } else {
      const { taken: more, made } = decompressor.step(piece.subarray(taken), room);
      taken += more;
      filled += made;
      if (made < room.length) {
        over = taken < piece.length;
        finishPiece();
        taken = 0;
      }
    }
    if (filled === outputSize) send();
    return true;
  };

  const advance = (): void => {
    if (inflate === undefined) return;
    try {
      while (step(inflate));
    } catch (error) {
      send();
      end({ error: (error as Error).message });
    }
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
    blanks.push(memory);
  };

  scope.addEventListener("error", ({ error }) => endWriting("", error ?? new Error("a crash")));

  scope.onmessage = ({ data }) => {
    if ("files" in data) write(data.memory, data.files);
    else if ("read" in data) blanks.push(...data.read);
    else if ("begin" in data) {
      ({ numbers, report } = data.shared);
      ({ outputSize, outputs: unmade } = data);
      inflate = open(zlib, data.begin);
    } else if ("piece" in data) pieces.push(new Uint8Array(data.piece, 0, data.length));
    else ending = true;
    advance();
  };
}
