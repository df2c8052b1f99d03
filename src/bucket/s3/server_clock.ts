/** Knows what time it is at the store, from the `Date` of its answers. */
export class ServerClock {
  /** Unix milliseconds, and when that was by `elapsed`. */
  #seen: { readonly time: number; readonly at: number } | undefined;

  /** @param elapsed milliseconds since any moment */
  constructor(readonly elapsed: () => number = () => performance.now()) {}

  see(headers: Headers): void {
    const time = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(time)) this.#seen = { time, at: this.elapsed() };
  }

  /** `Bucket.serverTime`. */
  now(): number | undefined {
    const seen = this.#seen;
    return seen === undefined ? undefined : seen.time + this.elapsed() - seen.at;
  }
}
