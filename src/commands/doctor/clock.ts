/** Compares this machine's clock with S3's. */
import { StorageError } from "../../errors.ts";
import { type Check, fail, info, ok, warn } from "./check.ts";

/** Milliseconds. A larger difference makes times and logs hard to compare. */
const NOTICEABLE = 60_000;
/** Milliseconds. S3 refuses requests if the clock differs by more: `RequestTimeTooSkewed`. */
const REFUSED = 15 * 60_000;

const MEND = "Set this machine's clock: timedatectl set-ntp true";

export class ClockWatch {
  readonly #now: () => number;
  #offset: number | undefined;

  /** `now` is in Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Compares with the `Date` header of an answer, which has whole seconds. */
  see(headers: Headers): void {
    const time = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(time)) this.#offset = this.#now() - (time + 500);
  }

  check(): Check[] {
    if (this.#offset === undefined) return [info("clock", "S3 gave no time to compare with")];
    const seconds = Math.round(Math.abs(this.#offset) / 1000);
    const text = `${seconds} s ${this.#offset > 0 ? "ahead of" : "behind"} S3's`;
    if (seconds <= 1) return [ok("clock", "as S3's")];
    if (seconds * 1000 < NOTICEABLE) return [ok("clock", text)];
    if (seconds * 1000 < REFUSED) return [warn("clock", text, MEND)];
    return [fail("clock", new StorageError(`This machine's clock is ${text}`, { hint: MEND }))];
  }
}
