/**
 * Checks, parses and makes the names of packages and revisions: see docs/formats.md.
 *
 * A revision's name is `<package>.<id>`. FTL makes ids of 11 base-62 digits (`0-9A-Za-z`, in ASCII
 * order): 7 for the spool time in Unix milliseconds, then 4 for the file's SHA-256. So names sort
 * by time as plain strings. They sort after the names of the Go original, which start with the
 * year.
 */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";

const PACKAGE = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const ID = /^[A-Za-z0-9_-]{6,64}$/;
const RESERVED_IDS: ReadonlySet<string> = new Set(["current", "previous"]);

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TIME_DIGITS = 7;
const HASH_DIGITS = 4;
/** The last time that 7 digits can hold, in Unix milliseconds. It is in August 2081. */
const LAST_TIME = 62 ** TIME_DIGITS - 1;

/**
 * A mark that exists only in types. By it the compiler tells package names, ids and revision names
 * apart.
 * @internal
 */
export declare const kindOfName: unique symbol;

/** A package's name, `my_site`. The string was checked. */
export type PackageName = string & { readonly [kindOfName]: "package" };

/** A revision's id, `VZ5vQk8aR4G`. The string was checked. It does not contain the package. */
export type RevisionId = string & { readonly [kindOfName]: "id" };

/** A revision's whole name, `my_site.VZ5vQk8aR4G`. */
export type RevisionName = string & { readonly [kindOfName]: "revision" };

/** One version of a package. */
export interface Revision {
  /** The package's name. */
  readonly package: PackageName;
  /** Unique within the package. A greater id is newer. */
  readonly id: RevisionId;
}

/**
 * A revision as a program gives it: by its name, or by package and id. FTL checks it on the way in.
 */
export type GivenRevision = string | { readonly package: string; readonly id: string };

export function isPackageName(text: string): text is PackageName {
  return PACKAGE.test(text);
}

/** Whether a value is an id. The value may be anything, for example the content of a file. */
export function isRevisionId(value: unknown): value is RevisionId {
  return typeof value === "string" && ID.test(value) && !RESERVED_IDS.has(value);
}

/** `my_site.VZ5vQk8aR4G`, the name that people type and read. */
export function revisionName(revision: Revision): RevisionName {
  return `${revision.package}.${revision.id}` as RevisionName;
}

/** The inverse of `revisionName`. Undefined if the text is not the name of a revision. */
export function parseRevisionName(text: string): Revision | undefined {
  const dot = text.indexOf(".");
  if (dot < 0) return undefined;
  const [name, id] = [text.slice(0, dot), text.slice(dot + 1)];
  return isPackageName(name) && isRevisionId(id) ? { package: name, id } : undefined;
}

/**
 * Parses a revision's name that is an argument. Throws `UsageError`, which says what a name looks
 * like.
 */
export function requireRevisionName(text: string): Revision {
  const revision = parseRevisionName(text);
  if (revision !== undefined) return revision;
  const hint = isPackageName(text)
    ? `A name is package, dot, id: 'ftl list ${text}' shows the revisions on this machine, ` +
      `'ftl list --master ${text}' those in S3`
    : "A revision's name is a package, a dot and an id, as in my_site.VZ5vQk8aR4G";
  throw new UsageError(`${quote(text)} is not the name of a revision`, { hint });
}

/**
 * Checks a revision that a program gives by its name or parsed. Throws `UsageError` if it is not
 * valid.
 */
export function toRevision(revision: GivenRevision): Revision {
  const isName = typeof revision === "string";
  return requireRevisionName(isName ? revision : `${revision.package}.${revision.id}`);
}

/** Checks a package's name that is an argument. Throws `UsageError`. */
export function requirePackageName(text: string): PackageName {
  if (isPackageName(text)) return text;
  const revision = parseRevisionName(text);
  throw new UsageError(`${quote(text)} is not the name of a package`, {
    hint: revision === undefined
      ? "A package's name is letters, digits, '_' and '-', and does not start with '-'"
      : `That is a revision: its package is ${revision.package}`,
  });
}

/** Compares ids or names by character code. For their alphabets this is ASCII order. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface NewIdOptions {
  /** Unix time in milliseconds. */
  now: number;
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string;
  /** The greatest id of the package in the bucket. The new id is greater. */
  newest?: RevisionId | undefined;
}

/**
 * A new revision id. If the clock is behind the newest id, the new id takes the time after that
 * id's. So ids never go back. Throws `UsageError` if no id can be greater than `newest`, or if the
 * clock is past the last time that an id can hold.
 */
export function newRevisionId({ now, sha256, newest }: NewIdOptions): RevisionId {
  const hash = base62(BigInt(`0x${sha256}`) % 62n ** BigInt(HASH_DIGITS), HASH_DIGITS);
  const time = Math.max(0, Math.floor(now));
  if (time > LAST_TIME) throw clockTooFar();
  const id = madeOf(base62(BigInt(time), TIME_DIGITS), hash);
  if (newest === undefined || id > newest) return id;
  const next = nextTime(newest.slice(0, TIME_DIGITS));
  if (next !== undefined) return madeOf(next, hash);
  throw new UsageError(`No new revision id can sort after ${quote(newest)}`, {
    hint: "That id was not made by FTL: purge that revision from S3, then spool again",
  });
}

/** Makes an id from base-62 digits, which are always valid in an id. */
function madeOf(time: string, hash: string): RevisionId {
  return `${time}${hash}` as RevisionId;
}

function clockTooFar(): UsageError {
  const last = new Date(LAST_TIME).toISOString().slice(0, 10);
  return new UsageError(`This machine's clock is past ${last}, the last day that an id can hold`, {
    hint: "Set the clock, for example by NTP: timedatectl set-ntp true",
  });
}

/** The spool time of an id that FTL made, in Unix milliseconds. Undefined for any other id. */
export function timeOfId(id: RevisionId): number | undefined {
  if (!/^[0-9A-Za-z]{11}$/.test(id)) return undefined;
  let time = 0;
  for (const digit of id.slice(0, TIME_DIGITS)) time = time * 62 + DIGITS.indexOf(digit);
  return time;
}

function base62(value: bigint, width: number): string {
  let text = "";
  for (let i = 0; i < width; i++) {
    text = DIGITS.charAt(Number(value % 62n)) + text;
    value /= 62n;
  }
  if (value > 0n) throw new RangeError(`${width} base-62 digits are too few`);
  return text;
}

/**
 * The smallest string of 7 base-62 digits that sorts after every id that starts with `prefix`.
 * `prefix` is the first 7 characters of an id, or the whole of a shorter id. Ids may contain `_`
 * and `-` besides the digits.
 */
function nextTime(prefix: string): string | undefined {
  let fixed = "";
  for (const char of prefix) {
    const digit = DIGITS.indexOf(char);
    if (digit >= 0) {
      fixed += char;
      continue;
    }
    // In ASCII order `-` and `_` lie between digits. The next greater digit, followed by zeros, is
    // greater.
    const above = [...DIGITS].find((d) => d > char);
    return above === undefined ? undefined : (fixed + above).padEnd(TIME_DIGITS, "0");
  }
  // A longer string is greater than its own prefix.
  if (fixed.length < TIME_DIGITS) return fixed.padEnd(TIME_DIGITS, "0");
  const value = [...fixed].reduce((sum, d) => sum * 62n + BigInt(DIGITS.indexOf(d)), 0n);
  return value + 1n < 62n ** BigInt(TIME_DIGITS) ? base62(value + 1n, TIME_DIGITS) : undefined;
}
