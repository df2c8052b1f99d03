/** Knows what time it is at the store, from the `Date` of its answers. */
export class ServerClock {
  /** Unix milliseconds, and when that was by `performance.now()`. */
  #seen: { readonly time: number; readonly at: number } | undefined;

  see(headers: Headers): void {
    const time = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(time)) this.#seen = { time, at: performance.now() };
  }

  /** `Bucket.serverTime`. */
  now(): number | undefined {
    const seen = this.#seen;
    return seen === undefined ? undefined : seen.time + performance.now() - seen.at;
  }
}
