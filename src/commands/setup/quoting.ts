/** A value in the syntax of each file that it goes into. Values are one line each: see `requireOneLine`. */
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** What no shell, unit or environment file takes for anything but itself. */
const PLAIN = /^[A-Za-z0-9_@+=:,.\/-]+$/;

/** One word of a POSIX shell. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * `NAME=value` for a file that both systemd's `EnvironmentFile=` and a shell's `.` read: in double quotes
 * both take a backslash before `"`, `\`, `` ` `` and `$`, and nothing else
 * (https://www.freedesktop.org/software/systemd/man/systemd.exec.html#EnvironmentFile=).
 */
export function environmentLine(name: string, value: string): string {
  return `${name}=${PLAIN.test(value) ? value : `"${value.replace(/["\\`$]/g, "\\$&")}"`}`;
}

/**
 * One word of a list in a unit file: `%` starts a specifier, and a backslash an escape
 * (https://www.freedesktop.org/software/systemd/man/systemd.syntax.html#Quoting).
 */
export function unitWord(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}

/**
 * `NAME=value` of a crontab: one kind of quotes may stand around a value, and nothing is escaped within
 * (crontab(5)). Throws `UsageError` for a value that has both kinds.
 */
export function crontabLine(name: string, value: string): string {
  if (PLAIN.test(value)) return `${name}=${value}`;
  const mark = ['"', "'"].find((candidate) => !value.includes(candidate));
  if (mark !== undefined) return `${name}=${mark}${value}${mark}`;
  throw new UsageError(
    `A crontab cannot carry ${name}: it has both kinds of quotes: ${quote(value)}`,
    {
      hint: "'ftl setup systemd' can",
    },
  );
}
