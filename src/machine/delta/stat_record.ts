/**
 * How the entries of a revision looked when FTL had written and verified them: `.ftl/state/<id>.stat`. What still looks
 * so was not written to since then: a write changes the ctime, which no program can set.
 *
 *     ftl-stat 1 <entries> <Unix milliseconds of its end> <SHA-256 of the paths>\n
 *     for each entry below the revision's folder, sorted by the bytes of the paths, four numbers (float64, little
 *     endian): inode, ctime in seconds, mtime in milliseconds, size in bytes
 *     SHA-256 of all that, 32 bytes
 *
 * A record that is damaged counts as absent. The runtime tells the ctime in whole seconds. So an entry that was
 * changed in the second in which the record ends looks the same afterwards, if its mtime was put back: it is "racy",
 * as git calls it, and must be read to know what it is.
 */
import { createHash } from "node:crypto";
import type { Walked } from "./walk.ts";

/** What a look at an entry tells. */
export type Sameness = "same" | "racy" | "changed";

const COLUMNS = 4;
const NUMBER = 8;
const DIGEST = 32;
/** Bytes, more than the longest first line has. */
const LONGEST_HEAD = 200;
/** Milliseconds by which the clock of files may lag behind the clock of programs. */
const LAG = 20;

/** How entries look, as numbers: tens of thousands of the runtime's objects would take much memory. */
export class Looks {
  readonly numbers: number[] = [];
  /** Each with a NUL behind. */
  paths = "";

  /** Call it in the order of the bytes of the paths. */
  add(path: string, info: Deno.FileInfo): void {
    this.paths += `${path}\0`;
    this.numbers.push(info.ino ?? -1, ctimeOf(info), mtimeOf(info), sizeOf(info));
  }

  static of(walked: readonly Walked[]): Looks {
    const looks = new Looks();
    for (const { path, info } of walked) looks.add(path, info);
    return looks;
  }
}

export class StatRecord {
  readonly #paths: string;
  /** Unix milliseconds. */
  readonly #end: number;
  readonly #numbers: Float64Array;

  private constructor(paths: string, end: number, numbers: Float64Array) {
    this.#paths = paths;
    this.#end = end;
    this.#numbers = numbers;
  }

  /**
   * @param looks of all entries
   * @param end Unix milliseconds: nobody else has had access to the entries before
   */
  static of({ paths, numbers }: Looks, end: number): StatRecord {
    return new StatRecord(digest(paths), end, new Float64Array(numbers));
  }

  /** Undefined if it is damaged. */
  static parse(bytes: Uint8Array): StatRecord | undefined {
    const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST));
    const newline = body.subarray(0, LONGEST_HEAD).indexOf(0x0a);
    const head = new TextDecoder().decode(body.subarray(0, Math.max(0, newline)));
    const [, count = "", end = "", paths = ""] =
      head.match(/^ftl-stat 1 (\d{1,7}) (\d{1,15}) ([0-9a-f]{64})$/) ?? [];
    const numbers = body.slice(newline + 1);
    if (paths === "" || numbers.length !== Number(count) * COLUMNS * NUMBER) return undefined;
    const sum = createHash("sha256").update(body).digest();
    if (!sum.equals(bytes.subarray(body.length))) return undefined;
    return new StatRecord(paths, Number(end), new Float64Array(numbers.buffer));
  }

  /** The content of its file. */
  format(): Uint8Array<ArrayBuffer> {
    const head = new TextEncoder().encode(`ftl-stat 1 ${this.count} ${this.#end} ${this.#paths}\n`);
    const { buffer, byteOffset, byteLength } = this.#numbers;
    const bytes = new Uint8Array(head.length + byteLength + DIGEST);
    bytes.set(head);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), head.length);
    const body = bytes.subarray(0, head.length + byteLength);
    bytes.set(createHash("sha256").update(body).digest(), body.length);
    return bytes;
  }

  /** How many entries it has. */
  get count(): number {
    return this.#numbers.length / COLUMNS;
  }

  /** Bytes of all files. A file with several names counts with each. */
  get bytes(): number {
    let bytes = 0;
    for (let i = COLUMNS - 1; i < this.#numbers.length; i += COLUMNS) {
      bytes += this.#numbers[i] ?? 0;
    }
    return bytes;
  }

  /** Whether it is of entries with these paths, in this order. */
  isOf(entries: readonly { readonly path: string }[]): boolean {
    return entries.length === this.count && digestOf(entries) === this.#paths;
  }

  /** How the entry with that number looks now. */
  compare(index: number, info: Deno.FileInfo): Sameness {
    const at = index * COLUMNS;
    const numbers = this.#numbers;
    const ctime = ctimeOf(info);
    const isSame = numbers[at] === (info.ino ?? -1) && numbers[at + 1] === ctime &&
      numbers[at + 2] === mtimeOf(info) && numbers[at + 3] === sizeOf(info);
    if (!isSame) return "changed";
    return ctime < Math.floor((this.#end - LAG) / 1000) ? "same" : "racy";
  }
}

/** Whole seconds since 1970. */
function ctimeOf({ ctime }: Deno.FileInfo): number {
  return Math.floor((ctime?.getTime() ?? -1) / 1000);
}

function mtimeOf({ mtime }: Deno.FileInfo): number {
  return mtime?.getTime() ?? -1;
}

/** What the size of a folder is, the file system may change when it likes. */
function sizeOf({ isFile, size }: Deno.FileInfo): number {
  return isFile ? size : 0;
}

function digestOf(entries: readonly { readonly path: string }[]): string {
  // At once: a call for each of them takes longer than the hashing.
  let paths = "";
  for (const { path } of entries) paths += `${path}\0`;
  return digest(paths);
}

function digest(paths: string): string {
  return createHash("sha256").update(paths).digest("hex");
}
