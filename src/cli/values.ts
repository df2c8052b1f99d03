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

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A time such as `90s`, `15m`, `2h` or `3d`, in seconds. */
export function requireDuration(option: string, text: string): number {
  const [, count = "", unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Number(count) * SECONDS[unit as keyof typeof SECONDS];
  throw new UsageError(`--${option} is no time: ${quote(text)}`, {
    hint: "Give a number and a unit, as in 90s, 15m, 2h or 3d",
  });
}

export function requireCount(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a whole number: ${quote(text)}`);
}
