/**
 * How far this machine's clock is off the store's, from the `Date` of its answers. S3 refuses a
 * signature that is more than 15 minutes off. The rules are those of the SDK's `AwsSdkSigV4Signer`.
 */

/** Milliseconds. An answer that took longer, as to a machine that slept, tells no time. */
const LONGEST_WAIT = 900_000;

export class ClockOffset {
  #milliseconds = 0;

  /** What to add to this machine's time. */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** The store's time. */
  now(): Date {
    return new Date(Date.now() + this.#milliseconds);
  }

  /** @param sentAt Unix milliseconds by this machine's clock: when the request was sent */
  learn(headers: Headers, sentAt: number): void {
    const time = Date.parse(headers.get("date") ?? "");
    const now = Date.now();
    // An answer with an age comes from a cache.
    if (headers.has("age") || Number.isNaN(time) || now - sentAt > LONGEST_WAIT) return;
    this.#milliseconds = time - now;
  }
}
