/** What one check of `ftl doctor` found. */
import { FtlError } from "../../errors.ts";

/**
 * `info`: not as with everybody, and nothing wrong with that. `warn`: works, and somebody should look.
 * `fail`: does not work.
 */
export type CheckStatus = "ok" | "info" | "warn" | "fail";

/** One finding. */
export interface Check {
  /** What was looked at. */
  readonly name: string;
  /** How it is. */
  readonly status: CheckStatus;
  /** What was found. */
  readonly detail: string;
  /** How to mend it. */
  readonly hint?: string | undefined;
  /** If it is a `fail`: what a command that needs it would have thrown. */
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

/** What the work finds; an error that it meets is a finding too, a fault of FTL's own is none. */
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

/** Names that are told; of more the number. */
const TOLD = 5;

/** `a, b, c`, or `a, b, c, d, e and 27 more`. */
export function enumerate(names: readonly string[]): string {
  const more = names.length - TOLD;
  return more > 0 ? `${names.slice(0, TOLD).join(", ")} and ${more} more` : names.join(", ");
}

/** What was found with one of several things. */
export interface Found {
  /** The thing's name, as it stands in the check's text. */
  readonly name: string;
  readonly check: Check;
}

/** The same finding with several things once: as with the first, and with whom else. */
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
