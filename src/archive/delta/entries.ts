/**
 * What makes the entries of the next tree of those of the base: one walk through both, which are
 * sorted. The bytes are: the length of the steps, the steps, and the lines that are added.
 *
 * A step is a number of entries, at least one, times four, plus:
 *
 *     0  keep: they are the same
 *     1  drop: the next tree has them not
 *     2  times: they are the same but for the mtimes, which follow, each as the difference to the
 *        one before in the steps
 *     3  add: the next lines. They come after the entries so far, whatever their order
 */
import { IntegrityError } from "../../errors.ts";
import { comparePaths } from "../tree/path_order.ts";
import { MAX_TREE_ENTRIES, type RevisionTree, type TreeEntry } from "../tree/tree.ts";
import type { TreeText } from "../tree/tree_text.ts";
import { joined } from "../joined.ts";
import { formatLine, parseLine } from "../tree/tree_line.ts";
import { canBeStored } from "../write/mtime.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

const KEEP = 0;
const DROP = 1;
const TIMES = 2;
const ADD = 3;
const CODES = 4;

type Code = typeof KEEP | typeof DROP | typeof TIMES | typeof ADD;

/** Twice the difference of two such times is an exact number. */
const FARTHEST = 2 ** 50;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes that `nextLines` makes `next` of. */
export function entriesDelta(base: RevisionTree, next: RevisionTree): Uint8Array<ArrayBuffer> {
  const steps = new Steps();
  const [from, to] = [base.entries, next.entries];
  let at = 0;
  for (const entry of to) {
    let old = from[at];
    while (old !== undefined && comparePaths(old.path, entry.path) < 0) {
      steps.take(DROP);
      old = from[++at];
    }
    const isThere = old !== undefined && old.path === entry.path;
    if (isThere) at++;
    if (old === undefined || !isThere) steps.add(entry);
    else if (isSame(old, entry)) {
      if (mtimeOf(old) === mtimeOf(entry)) steps.take(KEEP);
      else steps.time(mtimeOf(entry) ?? 0);
    } else {
      steps.take(DROP);
      steps.add(entry);
    }
  }
  for (; at < from.length; at++) steps.take(DROP);
  return steps.end();
}

/** Whether the entries are the same but for their mtimes, if both have one. */
function isSame(a: TreeEntry, b: TreeEntry): boolean {
  if ((mtimeOf(a) === undefined) !== (mtimeOf(b) === undefined)) return false;
  // Times so far away would need numbers that are not exact. No build makes them.
  if (Math.abs(mtimeOf(b) ?? 0) > FARTHEST && mtimeOf(a) !== mtimeOf(b)) return false;
  if (a.kind === "file" && b.kind === "file") {
    return a.sha256 === b.sha256 && a.size === b.size && a.mode === b.mode;
  }
  if (a.kind === "folder" && b.kind === "folder") return a.mode === b.mode;
  if (a.kind === "file" || a.kind === "folder") return false;
  return a.kind === b.kind && "target" in b && a.target === b.target;
}

function mtimeOf(entry: TreeEntry): number | undefined {
  return entry.kind === "hardlink" ? undefined : entry.mtime;
}

/** Writes steps, and joins those that are the same. */
class Steps {
  readonly #steps = new VarintWriter();
  readonly #lines: string[] = [];
  #code: Code = KEEP;
  #count = 0;
  /** Of the current step. */
  #times: number[] = [];
  #lastTime = 0;

  take(code: Code): void {
    if (code !== this.#code) this.#flush();
    this.#code = code;
    this.#count++;
  }

  add(entry: TreeEntry): void {
    this.take(ADD);
    this.#lines.push(`${formatLine(entry)}\n`);
  }

  time(mtime: number): void {
    this.take(TIMES);
    this.#times.push(mtime);
  }

  end(): Uint8Array<ArrayBuffer> {
    this.#flush();
    const lines = encoder.encode(this.#lines.join(""));
    const head = new VarintWriter();
    head.put(this.#steps.length);
    const bytes = new Uint8Array(head.length + this.#steps.length + lines.length);
    bytes.set(head.bytes);
    bytes.set(this.#steps.bytes, head.length);
    bytes.set(lines, head.length + this.#steps.length);
    return bytes;
  }

  #flush(): void {
    if (this.#count > 0) this.#steps.put(this.#count * CODES + this.#code);
    for (const time of this.#times) {
      this.#steps.putSigned(time - this.#lastTime);
      this.#lastTime = time;
    }
    this.#times = [];
    this.#count = 0;
  }
}

/** What makes a tree of another one. */
export interface TreeChange {
  /** The numbers of the entries that were added: those with another content, mode or target are, too. In order. */
  readonly added: readonly number[];
  /** The entries of the base that the next tree has not, or not as they are. */
  readonly removed: readonly TreeEntry[];
}

/**
 * The next tree's text, of the base's. Only the number of its lines is checked, and the form of those that are not the
 * base's. Throws IntegrityError if the bytes do not fit the base.
 */
export function nextLines(
  base: TreeText,
  delta: Uint8Array,
): TreeChange & { readonly text: Uint8Array<ArrayBuffer> } {
  const { steps, lines } = split(delta);
  const pieces: Uint8Array[] = [base.head];
  const added: number[] = [];
  const removed: TreeEntry[] = [];
  let from = 0;
  let line = 0;
  let time = 0;
  let length = 0;
  while (!steps.isAtEnd) {
    const step = steps.next();
    const code = step % CODES;
    const count = (step - code) / CODES;
    const isOfBase = code !== ADD;
    // Millions of steps for nothing fit into a few bytes.
    if (count === 0) throw misfit();
    if (count > (isOfBase ? base.count - from : lines.length - line)) throw misfit();
    if (code !== DROP && length + count > MAX_TREE_ENTRIES) throw misfit();
    if (code === KEEP) pieces.push(base.lines(from, from + count));
    for (let i = 0; i < count && code !== KEEP; i++) {
      if (code === ADD) {
        added.push(length + i);
        pieces.push(encodeLine(parseLine(lines[line++] ?? "")));
      } else if (code === DROP) removed.push(base.entry(from + i));
      else pieces.push(encodeLine(withTime(base.entry(from + i), time += steps.nextSigned())));
    }
    if (isOfBase) from += count;
    if (code !== DROP) length += count;
  }
  if (from !== base.count || line !== lines.length) throw misfit();
  return { text: joined(pieces), added, removed };
}

function encodeLine(entry: TreeEntry): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${formatLine(entry)}\n`);
}

function split(delta: Uint8Array): { steps: VarintReader; lines: string[] } {
  const head = new VarintReader(delta);
  const length = head.next();
  const rest = delta.subarray(head.at);
  if (length > rest.length) throw misfit();
  return {
    steps: new VarintReader(rest.subarray(0, length)),
    lines: linesOf(rest.subarray(length)),
  };
}

function linesOf(bytes: Uint8Array): string[] {
  try {
    const lines = utf8.decode(bytes).split("\n", MAX_TREE_ENTRIES + 2);
    // Of too many, the last one that is kept is not the end.
    if (lines.length < MAX_TREE_ENTRIES + 2 && lines.pop() === "") return lines;
  } catch {
    // Refused below.
  }
  throw misfit();
}

function withTime(entry: TreeEntry, mtime: number): TreeEntry {
  if (entry.kind === "hardlink" || !canBeStored(mtime)) throw misfit();
  return { ...entry, mtime };
}

function misfit(): IntegrityError {
  return new IntegrityError("A patch is damaged: its entries do not fit its base");
}
