/** Parses the values of options. */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";

export function messageOption(values: ReadonlyMap<string, string>): { message?: string } {
  const message = values.get("message");
  // An empty message, as from `-m "$NOTE"`, counts as none.
  return message === undefined || message === "" ? {} : { message };
}

export function refuseMessage(values: ReadonlyMap<string, string>): undefined {
  if (!values.has("message")) return undefined;
  throw new UsageError("--message needs --master: a local jump stores no note");
}

/** Seconds of `--wait`. */
export function waitOption(values: ReadonlyMap<string, string>): { wait?: number } {
  const wait = values.get("wait");
  return wait === undefined ? {} : { wait: requireDuration("wait", wait) };
}

export function refuseWait(values: ReadonlyMap<string, string>): undefined {
  if (!values.has("wait")) return undefined;
  throw new UsageError("--wait needs --master: a local jump is done when the command ends");
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A duration as `90s`, `15m`, `2h` or `3d`. Returns seconds. */
export function requireDuration(option: string, text: string): number {
  const [, digits, unit] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * UNITS[unit as keyof typeof UNITS];
  throw new UsageError(`--${option} is not a duration: ${quote(text)}`, {
    hint: "A number and a unit: 90s, 15m, 2h or 3d",
  });
}

export function requireCount(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a whole number: ${quote(text)}`);
}
