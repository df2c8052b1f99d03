/** Times and durations of the page. A page does not move on, so ages are those at its making. */
import { formatAge } from "../../terminal/narration.ts";
import { type Markup, markup } from "./markup.ts";

/** ISO 8601 in UTC, to the second or finer. `Date.parse` alone takes much else. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * How long ago something was, and when.
 *
 * @param time ISO 8601
 * @param made when the page was made
 */
export function moment(time: string | undefined, made: string): Markup {
  if (time === undefined) return markup`-`;
  const when = shortTime(time, made);
  if (!isTime(time)) return when;
  return markup`${formatAge(Date.parse(made) - Date.parse(time))} ago ${when}`;
}

/**
 * A time of the day that the page was made on, or a date and time. What is no time is shown as it
 * is, because machines write some of them.
 */
export function shortTime(time: string, made: string): Markup {
  if (!isTime(time)) return markup`${time}`;
  const clock = time.slice(11, 16);
  const day = time.slice(0, 10);
  const words = made.startsWith(day) ? clock : `${day} ${clock}`;
  return markup`<time datetime=${time.slice(0, 19)}Z>${words}</time>`;
}

/** A time in full. */
export function fullTime(time: string): Markup {
  if (!isTime(time)) return markup`${time}`;
  return markup`<time datetime=${time.slice(0, 19)}Z>${time.slice(0, 10)} ${
    time.slice(11, 19)
  } UTC</time>`;
}

/** `2 h`, `1 h 30 min`. */
export function formatSeconds(seconds: number): string {
  const parts: [count: number, unit: string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds) % 60, "s"],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return words.length === 0 ? "0 s" : words.join(" ");
}

/** Its characters have no meaning in HTML, so it can be an attribute without quotes. */
function isTime(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text));
}
