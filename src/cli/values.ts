/** What the values of options are read as. */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";

export function messageOption(values: ReadonlyMap<string, string>): { message?: string } {
  const message = values.get("message");
  // An empty one, as of `-m "$NOTE"`, is none.
  return message === undefined || message === "" ? {} : { message };
}

export function refuseMessage(values: ReadonlyMap<string, string>): undefined {
  if (!values.has("message")) return undefined;
  throw new UsageError("--message goes with --master: a local jump leaves no note");
}

export function requireCount(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a whole number: ${quote(text)}`);
}
