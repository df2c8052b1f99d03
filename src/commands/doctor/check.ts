/** The findings of `ftl doctor`: one for each check. */
import { FtlError } from "../../errors.ts";

/** `info`: unusual, but not wrong. `warn`: works, and somebody should look. `fail`: does not work. */
export type CheckStatus = "ok" | "info" | "warn" | "fail";

/** One finding. */
export interface Check {
  /** The thing that was checked. */
  readonly name: string;
  /** The result. */
  readonly status: CheckStatus;
  /** What was found. */
  readonly detail: string;
  /** How to fix it. */
  readonly hint?: string | undefined;
  /** For a `fail`: the error that a command would throw for it. */
  readonly error?: FtlError;
}

export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail };
}

export function info(name: string, detail: string, hint?: string): Check {
  return { name, status: "info", detail, hint };
}

export function warn(name: string, detail: string, hint: string): Check {
  return { name, status: "warn", detail, hint };
}

export function fail(name: string, error: FtlError): Check {
  return { name, status: "fail", detail: error.message, hint: error.hint, error };
}

/**
 * The findings of `work`. An error of FTL's classes becomes a finding too; any other error is a fault in FTL
 * and is thrown.
 */
export async function finding(
  name: string,
  work: () => Check[] | Promise<Check[]>,
): Promise<Check[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FtlError) return [fail(name, error)];
    throw error;
  }
}

/** Names to list. For the rest only their number is given. */
const MOST_NAMES = 5;

/** `a, b, c`, or `a, b, c, d, e and 27 more`. */
export function enumerate(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more` : names.join(", ");
}

/** A finding about one of several things. */
export interface Found {
  /** The thing's name, as the check's text has it. */
  readonly name: string;
  readonly check: Check;
}

/** Merges equal findings about several things: the first one's text, and the names of the others. */
export function once(found: readonly Found[]): Check[] {
  const alike = Map.groupBy(found, ({ name, check: { status, name: kind, detail } }) => {
    // Names are letters, digits, `_` and `-`.
    const word = new RegExp(`(?<![\\w-])${name}(?![\\w-])`, "g");
    return [status, kind, detail.replace(word, "\0")].join("\n");
  });
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [first.check];
    const names = enumerate(others.map(({ name }) => name));
    return [{ ...first.check, detail: `${first.check.detail}; the same with ${names}` }];
  });
}
