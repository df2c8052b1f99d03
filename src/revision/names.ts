/**
 * Names of packages and revisions: see docs/formats.md.
 *
 * A revision's name is `<package>.<id>`. FTL makes ids of 11 base-62 digits (`0-9A-Za-z`, which is
 * their ASCII order): 7 of the spool time in Unix milliseconds, then 4 of the file's SHA-256. So
 * names sort by time as plain strings, and after those of the Go original, which start with the year.
 */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";

const PACKAGE = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const ID = /^[A-Za-z0-9_-]{6,64}$/;
const RESERVED_IDS: ReadonlySet<string> = new Set(["current", "previous"]);

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TIME_DIGITS = 7;
const HASH_DIGITS = 4;
/** Unix milliseconds: in August 2081. */
const LAST_TIME = 62 ** TIME_DIGITS - 1;

/** Only types have it, no value: it tells apart names that are strings all alike. */
export declare const kindOfName: unique symbol;

/** A package's name, `my_site`: a string that was checked. */
export type PackageName = string & { readonly [kindOfName]: "package" };

/** A revision's id, `VZ5vQk8aR4G`: a string that was checked. It tells nothing of the package. */
export type RevisionId = string & { readonly [kindOfName]: "id" };

/** A revision's whole name, `my_site.VZ5vQk8aR4G`. */
export type RevisionName = string & { readonly [kindOfName]: "revision" };

/** One version of a package. */
export interface Revision {
  /** The package's name. */
  readonly package: PackageName;
  /** Unique within the package; a greater one is newer. */
  readonly id: RevisionId;
}

/** A revision as a program gives it: by its name, or by package and id. It is checked where it comes in. */
export type GivenRevision = string | { readonly package: string; readonly id: string };

export function isPackageName(text: string): text is PackageName {
  return PACKAGE.test(text);
}

/** Also for what was read from a file, which may be anything. */
export function isRevisionId(value: unknown): value is RevisionId {
  return typeof value === "string" && ID.test(value) && !RESERVED_IDS.has(value);
}

/** `my_site.VZ5vQk8aR4G`, the name that people type and read. */
export function revisionName(revision: Revision): RevisionName {
  return `${revision.package}.${revision.id}` as RevisionName;
}

/** The inverse of `revisionName`, or undefined where the text is no revision's name. */
export function parseRevisionName(text: string): Revision | undefined {
  const dot = text.indexOf(".");
  if (dot < 0) return undefined;
  const [name, id] = [text.slice(0, dot), text.slice(dot + 1)];
  return isPackageName(name) && isRevisionId(id) ? { package: name, id } : undefined;
}

/** A revision's name as an argument. Throws `UsageError` that says what such a name looks like. */
export function requireRevisionName(text: string): Revision {
  const revision = parseRevisionName(text);
  if (revision !== undefined) return revision;
  const hint = isPackageName(text)
    ? `A revision is a package, a dot and an id: 'ftl list ${text}' shows those on this machine, ` +
      `'ftl list --master ${text}' those in S3`
    : "A revision's name is a package, a dot and an id, as in my_site.VZ5vQk8aR4G";
  throw new UsageError(`${quote(text)} is not the name of a revision`, { hint });
}

/** A revision as a program gives it, by its name or parsed. Throws `UsageError` where it is none. */
export function toRevision(revision: GivenRevision): Revision {
  const isName = typeof revision === "string";
  return requireRevisionName(isName ? revision : `${revision.package}.${revision.id}`);
}

/** A package's name as an argument. Throws `UsageError`. */
export function requirePackageName(text: string): PackageName {
  if (isPackageName(text)) return text;
  const revision = parseRevisionName(text);
  throw new UsageError(`${quote(text)} is not the name of a package`, {
    hint: revision === undefined
      ? "A package's name is letters, digits, '_' and '-', and does not start with '-'"
      : `That is a revision: its package is ${revision.package}`,
  });
}

/** The order of ids and names: by character code, which for these alphabets is ASCII order. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface NewIdOptions {
  /** Unix time in milliseconds. */
  now: number;
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string;
  /** The greatest id that the package has in the bucket; the new one will be greater. */
  newest?: RevisionId | undefined;
}

/**
 * A new revision id. Where the clock is behind the newest id, the id takes the next time after that
 * id's instead, so ids never go back. Throws `UsageError` where nothing can be greater than `newest`, or where
 * the clock is beyond what an id can tell.
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

/** Base-62 digits, which every id may consist of. */
function madeOf(time: string, hash: string): RevisionId {
  return `${time}${hash}` as RevisionId;
}

function clockTooFar(): UsageError {
  const last = new Date(LAST_TIME).toISOString().slice(0, 10);
  return new UsageError(`This machine's clock is past ${last}, the last day that ids can tell`, {
    hint: "Set the clock, as by NTP: timedatectl set-ntp true",
  });
}

/** The spool time in an id made by FTL, in Unix milliseconds, or undefined for any other id. */
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
 * The least string of 7 base-62 digits that sorts after the id that starts with `prefix`: its first 7
 * characters, or all of it. The alphabet of ids has `_` and `-` besides the digits.
 */
function nextTime(prefix: string): string | undefined {
  let fixed = "";
  for (const char of prefix) {
    const digit = DIGITS.indexOf(char);
    if (digit >= 0) {
      fixed += char;
      continue;
    }
    // `-` and `_` lie between digits: the next digit above them, then zeros, is already greater.
    const above = [...DIGITS].find((d) => d > char);
    return above === undefined ? undefined : (fixed + above).padEnd(TIME_DIGITS, "0");
  }
  // A longer string is greater than its own beginning.
  if (fixed.length < TIME_DIGITS) return fixed.padEnd(TIME_DIGITS, "0");
  const value = [...fixed].reduce((sum, d) => sum * 62n + BigInt(DIGITS.indexOf(d)), 0n);
  return value + 1n < 62n ** BigInt(TIME_DIGITS) ? base62(value + 1n, TIME_DIGITS) : undefined;
}
