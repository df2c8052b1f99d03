/** What a command tells while it works, as lines for stderr. */
import type { FtlEvent } from "../core/events.ts";
import { errorLines } from "./failure.ts";

export interface NarrationOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The lines for an event; none where it is not to be told. */
export function narrate(event: FtlEvent, { quiet, verbose }: NarrationOptions): string[] {
  if (event.type === "failure") return errorLines(event.error, { verbose });
  if (event.type === "script-output") return [`${event.revision} ${event.hook}| ${event.line}`];
  if (quiet) return [];
  return note(event, verbose);
}

function note(event: FtlEvent, verbose: boolean): string[] {
  switch (event.type) {
    case "fetching":
      return verbose ? [`${event.revision}: fetching ${formatBytes(event.bytes)}`] : [];
    case "fetched":
      return [
        `${event.revision}: fetched ${formatBytes(event.bytes)}, ` +
        `${formatCount(event.files, "entry", "entries")}, in ${formatDuration(event.ms)}`,
      ];
    case "checked":
      return [
        `${event.file}: checked, ${formatCount(event.files, "entry", "entries")}, ` +
        `${formatBytes(event.bytes)} unpacked`,
      ];
    case "uploaded":
      return [
        `${event.revision}: uploaded ${formatBytes(event.bytes)} to ${event.bucket} ` +
        `in ${formatDuration(event.ms)}`,
      ];
    case "activated":
      return [`${event.revision}: active${event.from === undefined ? "" : `, was ${event.from}`}`];
    case "blessed":
      return [`${event.revision}: blessed${event.from === undefined ? "" : `, was ${event.from}`}`];
    case "removed":
      return [`${event.revision}: removed`];
    case "held":
      return [
        `${event.revision}: held here by a jump, though ${event.blessed} is blessed; ` +
        `'ftl sync --follow' ends that`,
      ];
    case "unchanged":
      return [
        `${event.package}: nothing to do${event.active ? `, ${event.active} is active` : ""}`,
      ];
    case "waiting":
      return [`Waiting for ${event.what}, locked by ${event.holder}`];
    case "warning":
      return [`warning: ${event.message}`];
    default:
      return [];
  }
}

/** `1.2 MB`: decimal units, as `ls --si` and the bills of AWS have them. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** `0.3 s`, `2 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function formatCount(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** `5 s`, `3 min`, `2 h`, `12 d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
