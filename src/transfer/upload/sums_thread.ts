/**
 * Takes the checksums of a large file on a thread of its own, while the main thread opens the bucket. The first
 * request needs them: the id of a revision has bits of the file's hash, and so has the upload's metadata.
 */
import type { Checksums, FileSource } from "./file_source.ts";

type FromThread = { readonly sums: Checksums } | { readonly failed: true };

interface Work {
  readonly path: string;
  /** Bytes of each part. */
  readonly lengths: readonly number[];
}

/** Takes the checksums while the main thread does something else. */
export class SumsThread implements Disposable {
  readonly #worker: Worker;
  readonly #done = Promise.withResolvers<Checksums | undefined>();

  private constructor(work: Work) {
    const source = `import { createHash } from "node:crypto"; (${serve})(createHash);`;
    // Not a blob: URL, from which a compiled executable cannot start a worker.
    this.#worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
      type: "module",
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
      this.#end("sums" in data ? data.sums : undefined);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(undefined);
    };
    this.#worker.postMessage(work);
  }

  /** Undefined if that is not worth a thread, or if the source has no path that a thread could open. */
  static start({ path, parts, isInParts }: FileSource): SumsThread | undefined {
    if (path === undefined || !isInParts) return undefined;
    return new SumsThread({ path, lengths: parts.map(({ length }) => length) });
  }

  /**
   * Those of the file that is at the path now: whoever uses them compares them with what else is read. Undefined if
   * the thread could not read it, or was ended.
   */
  get done(): Promise<Checksums | undefined> {
    return this.#done.promise;
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#end(undefined);
  }

  /** What it had read with is free then. */
  #end(sums: Checksums | undefined): void {
    this.#worker.terminate();
    this.#done.resolve(sums);
  }
}

interface Scope {
  onmessage: (event: { data: Work }) => void;
  postMessage(message: FromThread): void;
}

/**
 * The program of the thread, which is started from its source text. So it may use only its parameter and globals, and
 * only types of this file.
 */
function serve(createHash: typeof import("node:crypto").createHash): void {
  const scope = globalThis as unknown as Scope;

  const sumsOf = ({ path, lengths }: Work): Checksums => {
    using file = Deno.openSync(path);
    const memory = new Uint8Array(1 << 20);
    const whole = createHash("sha256");
    const partSha256 = lengths.map((length) => {
      const part = createHash("sha256");
      for (let left = length; left > 0;) {
        const count = file.readSync(memory.subarray(0, left));
        if (count === null) throw new Error("the file is shorter");
        const piece = memory.subarray(0, count);
        whole.update(piece);
        part.update(piece);
        left -= count;
      }
      return part.digest("base64");
    });
    return { sha256: whole.digest("hex"), partSha256 };
  };

  scope.onmessage = ({ data }) => {
    try {
      scope.postMessage({ sums: sumsOf(data) });
    } catch {
      scope.postMessage({ failed: true });
    }
  };
}
