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

export function requireCount(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a whole number: ${quote(text)}`);
}
