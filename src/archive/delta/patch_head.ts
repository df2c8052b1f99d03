/** The first line of a patch, which is JSON. */
import { IntegrityError } from "../../errors.ts";
import {
  isPackageName,
  isRevisionId,
  type PackageName,
  type RevisionId,
} from "../../revision/names.ts";
import { MAX_TREE_BYTES } from "../tree/tree.ts";

/** What a patch says about itself. */
export interface PatchHead {
  readonly package: PackageName;
  readonly from: {
    /** The revision id of the base. */
    readonly id: RevisionId;
    /** The SHA-256 of its tree's text. */
    readonly tree: string;
  };
  readonly to: {
    readonly id: RevisionId;
    readonly tree: string;
    /** SHA-256 and bytes of the revision's object in S3. */
    readonly sha256: string;
    readonly size: number;
  };
  readonly parts: readonly PatchPart[];
}

/**
 * A part of a patch: one zstd frame. The first part is `entries`. Then come the windows of the fresh
 * side, in order: each is either `ops`, `diff` and `add`, or `add` alone, which is then all of it.
 */
export interface PatchPart {
  readonly name: "entries" | "ops" | "diff" | "add";
  /** Bytes of the frame. */
  readonly size: number;
  /** Bytes of its content. */
  readonly raw: number;
}

/** The most bytes of a window of the fresh side. */
export const MAX_WINDOW = 8 << 20;

/** The most bytes of the content of a part. Steps of entries need a little beside their lines. */
const MAX_RAW: Readonly<Record<PatchPart["name"], number>> = {
  entries: MAX_TREE_BYTES + (4 << 20),
  ops: MAX_WINDOW,
  diff: MAX_WINDOW,
  add: MAX_WINDOW,
};

/** A head with more bytes would have more windows than any revision. */
const MAX_HEAD = 1 << 20;
const FORMAT = 1;
const NEWLINE = 10;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The line, with its end. */
export function formatHead({ package: name, from, to, parts }: PatchHead): Uint8Array<ArrayBuffer> {
  const head = { ftl: "patch", format: FORMAT, package: name, from, to, parts };
  return new TextEncoder().encode(`${JSON.stringify(head)}\n`);
}

/** The head of a patch, and the bytes of its line. Throws IntegrityError. */
export function parseHead(patch: Uint8Array): { head: PatchHead; length: number } {
  const length = patch.subarray(0, MAX_HEAD).indexOf(NEWLINE) + 1;
  if (length === 0) throw damaged("its head does not end");
  const head = asRecord(decoded(patch.subarray(0, length)));
  if (head["ftl"] !== "patch") throw damaged("it is none");
  if (head["format"] !== FORMAT) {
    throw new IntegrityError("A patch has a format that this ftl does not know");
  }
  const parts = head["parts"];
  if (!Array.isArray(parts)) throw damaged("it has no parts");
  const [from, to] = [asRecord(head["from"]), asRecord(head["to"])];
  const { package: name } = head;
  if (typeof name !== "string" || !isPackageName(name)) throw damaged("it names no package");
  return {
    head: {
      package: name,
      from: { id: idOf(from), tree: hashOf(from["tree"]) },
      to: {
        ...{ id: idOf(to), tree: hashOf(to["tree"]) },
        ...{ sha256: hashOf(to["sha256"]), size: sizeOf(to["size"]) },
      },
      parts: parts.map(partOf),
    },
    length,
  };
}

function decoded(line: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(line));
  } catch {
    throw damaged("its head is not JSON");
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw damaged("its head lacks a field");
  return value as Readonly<Record<string, unknown>>;
}

function idOf({ id }: Readonly<Record<string, unknown>>): RevisionId {
  if (!isRevisionId(id)) throw damaged("it names no revision");
  return id;
}

function hashOf(value: unknown): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw damaged("it lacks a hash");
  return value;
}

function sizeOf(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value)) throw damaged("it lacks a size");
  const size = value as number;
  if (size < 0 || size > most) throw damaged("a size is out of bounds");
  return size;
}

function partOf(value: unknown): PatchPart {
  const part = asRecord(value);
  const { name } = part;
  if (name !== "entries" && name !== "ops" && name !== "diff" && name !== "add") {
    throw damaged("it has a part that this ftl does not know");
  }
  return { name, size: sizeOf(part["size"]), raw: sizeOf(part["raw"], MAX_RAW[name]) };
}

function damaged(why: string): IntegrityError {
  return new IntegrityError(`A patch is damaged: ${why}`);
}
