/**
 * The speed of work, and the time left.
 *
 * Bytes may come in leaps: an upload counts them when a part has arrived, which takes minutes on a slow line.
 * So the speed is measured up to the last leap, and the time left counts down from there. It is shown only
 * after the second leap, because the first says nothing about the parts that were sent beside it.
 */
import type { ProgressEvent } from "../../events.ts";
import { formatBytes, formatDuration } from "./narration.ts";

/** Milliseconds without news, after which the length of the silence is shown. */
const SILENCE = 3000;

export class Pace {
  readonly #started: number;
  #done = 0;
  #changed: number;
  #changes = 0;

  /** All times are in milliseconds, of one clock. */
  constructor(started: number) {
    this.#started = started;
    this.#changed = started;
  }

  /** Records the number of bytes that are done. */
  see(done: number, now: number): void {
    if (done === this.#done) return;
    this.#done = done;
    this.#changed = now;
    this.#changes++;
  }

  /** For example `5.2 MB of 20 MB, 0.1 MB/s, 2 min 28 s left`. */
  describe({ work, total, entries }: ProgressEvent, now: number): string {
    const done = this.#done;
    const isUnderWay = done < total;
    const measured = this.#changed - this.#started;
    const silence = now - this.#changed;
    const rate = done > 0 && measured > 0 ? done / measured : undefined;
    const left = rate !== undefined && this.#changes > 1 ? (total - done) / rate - silence : 0;
    const parts = [
      `${formatBytes(done)} of ${formatBytes(total)}`,
      ...(rate === undefined ? [] : [`${formatBytes(rate * 1000)}/s`]),
      ...(isUnderWay && left > 0 ? [`${formatDuration(left)} left`] : []),
      ...(entries === undefined || entries === 0
        ? []
        : [`${entries.toLocaleString("en-US")} entries`]),
      ...(isUnderWay && silence >= SILENCE ? [silenceOf(work, { done, silence })] : []),
    ];
    return parts.join(", ");
  }
}

/** A line that waits must show that it is alive. */
function silenceOf(
  work: ProgressEvent["work"],
  { done, silence }: { done: number; silence: number },
): string {
  const time = formatDuration(silence);
  if (work !== "uploading") return `nothing for ${time}`;
  return done === 0 ? `under way for ${time}` : `last part ${time} ago`;
}
