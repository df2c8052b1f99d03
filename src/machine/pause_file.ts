/**
 * A pause: a file that stops activations and removals, for all packages of a machine or for one. An operator or
 * a configuration tool makes it; its text says why. A first line `until 2026-12-01T00:00Z` ends the pause at
 * that time, so that a forgotten one does no harm.
 */
import { explainDiskError, systemCode } from "../disk_errors.ts";
import type { PackageDir } from "./package_dir.ts";

/** Bytes. What comes after them is not read. */
const LONGEST = 1024;

/** ISO 8601. The rest of what `Date.parse` takes is ambiguous: `01.12.2026` is a day in January to it. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A pause that is in force. */
export interface Pause {
  /** The file. */
  readonly path: string;
  /** The first line that says why. Undefined if there is none. */
  readonly why: string | undefined;
  /** ISO 8601, UTC. Undefined: until the file is removed. */
  readonly until: string | undefined;
}

/**
 * The pause of a package: the machine's own counts first.
 *
 * @param now Unix milliseconds
 */
export function readPause(pkg: PackageDir, now: number): Pause | undefined {
  return readPauseFile(`${pkg.root}/.pause`, now) ?? readPauseFile(`${pkg.path}/.pause`, now);
}

function readPauseFile(path: string, now: number): Pause | undefined {
  const text = readStart(path);
  if (text === undefined) return undefined;
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const end = /^until\s+(\S+)$/i.exec(lines[0] ?? "")?.[1];
  const time = end !== undefined && TIME.test(end) ? Date.parse(end) : NaN;
  if (Number.isNaN(time)) return { path, why: lines[0], until: undefined };
  return time <= now ? undefined : { path, why: lines[1], until: new Date(time).toISOString() };
}

/**
 * Undefined if there is no such file. Anything else with that name is a pause without a text: a link is not
 * followed, because the package's folder may belong to another user.
 */
function readStart(path: string): string | undefined {
  try {
    if (!Deno.lstatSync(path).isFile) return "";
    using file = Deno.openSync(path);
    const start = new Uint8Array(LONGEST);
    return new TextDecoder().decode(start.subarray(0, file.readSync(start) ?? 0));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
