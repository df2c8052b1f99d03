/** Checks whether a new revision's id, which is its time, would lie in the future. */
import { revisionName, timeOfId } from "../../revision/names.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";

/** Milliseconds. Smaller differences between clocks are normal. */
const NOTICEABLE = 60_000;

export class ClockCheck {
  readonly #now: () => number;
  /** Milliseconds that this machine's clock is ahead of S3's, from S3's last answer. */
  #ahead = 0;

  /** `now` is this machine's Unix time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  see(headers: Headers): void {
    const time = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(time)) this.#ahead = this.#now() - time;
  }

  /** Warns if the clock is ahead, or if an earlier wrong clock left an id from the future. */
  check(newest: RemoteRevision | undefined, warn: (message: string) => void): void {
    if (this.#ahead > NOTICEABLE) {
      warn(
        `This machine's clock is ${
          durationOf(this.#ahead)
        } ahead of S3's: the new revision's id and time ` +
          "will lie in the future. Set the clock before you spool: timedatectl set-ntp true",
      );
    }
    const time = newest === undefined ? undefined : timeOfId(newest.id);
    const now = this.#now() - this.#ahead;
    if (newest === undefined || time === undefined || time - now < NOTICEABLE) return;
    warn(
      `The newest revision, ${revisionName(newest)}, has a time that is ${
        durationOf(time - now)
      } in the future, because ` +
        "a clock was wrong: until then new ids follow that one and do not show the time",
    );
  }
}

function durationOf(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}
