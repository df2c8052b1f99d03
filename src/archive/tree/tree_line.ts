/** The line of an entry in a tree's text. `tree.ts` has the forms. */
import { IntegrityError } from "../../errors.ts";
import { shown } from "../entry.ts";
import { canBeStored } from "../write/mtime.ts";
import type { TreeEntry } from "./tree.ts";

/** Without the end of the line. */
export function formatLine(entry: TreeEntry): string {
  const path = JSON.stringify(entry.path);
  switch (entry.kind) {
    case "file":
      return `f ${entry.mode.toString(8)} ${
        entry.mtime ?? "-"
      } ${entry.size} ${entry.sha256} ${path}`;
    case "folder":
      return `d ${entry.mode.toString(8)} ${entry.mtime ?? "-"} ${path}`;
    case "symlink":
      return `l ${entry.mtime ?? "-"} ${path} ${JSON.stringify(entry.target)}`;
    case "hardlink":
      return `h ${path} ${JSON.stringify(entry.target)}`;
  }
}

/**
 * The entry of a line. Throws IntegrityError if it is not one. It does not find out whether the line
 * is in its canonical form: who needs that formats the entry again.
 */
export function parseLine(line: string): TreeEntry {
  const fields = new Fields(line);
  switch (fields.next()) {
    case "f": {
      const [mode, mtime] = [fields.mode(), fields.mtime()];
      const [size, sha256] = [fields.size(), fields.sha256()];
      return { kind: "file", path: fields.string(), mode, mtime, size, sha256 };
    }
    case "d":
      return { kind: "folder", mode: fields.mode(), mtime: fields.mtime(), path: fields.string() };
    case "l": {
      const mtime = fields.mtime();
      const [path, target] = fields.strings();
      return { kind: "symlink", path, mtime, target };
    }
    case "h": {
      const [path, target] = fields.strings();
      return { kind: "hardlink", path, target };
    }
  }
  throw fields.refuse();
}

/** A file with a time, no uncommon numbers and nothing that is escaped. */
const USUAL = /f ([0-7]{1,3}) (\d{1,15}) (\d{1,15}) ([0-9a-f]{64}) "([^"\\\n]*)"\n/y;

/** The entry of the line that begins there, as `parseLine` makes it, but faster. Undefined if it is not a usual file's. */
export function parseUsualFile(lines: string, start: number): TreeEntry | undefined {
  USUAL.lastIndex = start;
  const [, mode = "", mtime, size, sha256 = "", path = ""] = USUAL.exec(lines) ?? [];
  if (mtime === undefined) return undefined;
  const [bits, ms, bytes] = [parseInt(mode, 8), Number(mtime), Number(size)];
  return { kind: "file", path, mode: bits, mtime: ms, size: bytes, sha256 };
}

class Fields {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  next(): string {
    const end = this.#line.indexOf(" ", this.#at);
    if (end < 0) throw this.refuse();
    const field = this.#line.slice(this.#at, end);
    this.#at = end + 1;
    return field;
  }

  mode(): number {
    const mode = parseInt(this.next(), 8);
    if (!(mode >= 0 && mode <= 0o777)) throw this.refuse();
    return mode;
  }

  mtime(): number | undefined {
    const field = this.next();
    if (field === "-") return undefined;
    const mtime = Number(field);
    if (!canBeStored(mtime)) throw this.refuse();
    return mtime;
  }

  size(): number {
    const size = Number(this.next());
    if (!Number.isSafeInteger(size) || size < 0) throw this.refuse();
    return size;
  }

  sha256(): string {
    const sha256 = this.next();
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw this.refuse();
    return sha256;
  }

  /** The string that is the rest of the line. */
  string(): string {
    return this.#unquote(this.#line.slice(this.#at));
  }

  strings(): [string, string] {
    const [, first, second] = /^("(?:[^"\\]|\\.)*") (".*)$/.exec(this.#line.slice(this.#at)) ?? [];
    if (first === undefined || second === undefined) throw this.refuse();
    return [this.#unquote(first), this.#unquote(second)];
  }

  refuse(): IntegrityError {
    return new IntegrityError(`A tree has a line that is damaged: ${shown(this.#line)}`);
  }

  #unquote(quoted: string): string {
    const end = quoted.length - 1;
    // Most have nothing that is escaped.
    if (quoted[0] === '"' && quoted.indexOf('"', 1) === end && !quoted.includes("\\")) {
      return quoted.slice(1, end);
    }
    try {
      const text: unknown = JSON.parse(quoted);
      if (typeof text === "string") return text;
    } catch {
      // Refused below.
    }
    throw this.refuse();
  }
}
