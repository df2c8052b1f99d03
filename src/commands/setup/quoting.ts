/** Quotes a value for the syntax of each file. Values are one line each: see `requireOneLine`. */
import { UsageError } from "../../errors.ts";
import { PLAIN_WORD, quote } from "../../foreign_text.ts";

/**
 * `NAME=value` for a file that both systemd's `EnvironmentFile=` and a shell's `.` read. In double quotes both
 * need a backslash before `"`, `\`, `` ` `` and `$`, and before nothing else
 * (https://www.freedesktop.org/software/systemd/man/systemd.exec.html#EnvironmentFile=).
 */
export function environmentLine(name: string, value: string): string {
  return `${name}=${PLAIN_WORD.test(value) ? value : `"${value.replace(/["\\`$]/g, "\\$&")}"`}`;
}

/**
 * One word of a list in a unit file. There `%` starts a specifier, and a backslash starts an escape
 * (https://www.freedesktop.org/software/systemd/man/systemd.syntax.html#Quoting).
 */
export function unitWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}

/**
 * `NAME=value` of a crontab. One kind of quotes may enclose a value, and there are no escapes inside
 * (crontab(5)). Throws `UsageError` for a value that has both kinds of quotes.
 */
export function crontabLine(name: string, value: string): string {
  if (PLAIN_WORD.test(value)) return `${name}=${value}`;
  const mark = ['"', "'"].find((candidate) => !value.includes(candidate));
  if (mark !== undefined) return `${name}=${mark}${value}${mark}`;
  throw new UsageError(
    `A crontab cannot express ${name}, which has both kinds of quotes: ${quote(value)}`,
    {
      hint: "Use 'ftl setup systemd' instead",
    },
  );
}
