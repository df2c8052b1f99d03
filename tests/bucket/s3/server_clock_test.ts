/** The store's time, from the headers of its answers. */
import { assertEquals } from "../../assert.ts";
import { ServerClock } from "../../../src/bucket/s3/server_clock.ts";

Deno.test("the store's time is that of its last answer, and what has passed since", () => {
  let elapsed = 5000;
  const clock = new ServerClock(() => elapsed);
  assertEquals(clock.now(), undefined);
  clock.see(new Headers({ date: "Wed, 25 Nov 2026 14:00:00 GMT" }));
  const time = Date.UTC(2026, 10, 25, 14);
  assertEquals(clock.now(), time);
  elapsed += 700;
  assertEquals(clock.now(), time + 700);
  // Proxies leave the header out, or break it.
  for (const headers of [{}, { date: "soon" }]) clock.see(new Headers(headers));
  assertEquals(clock.now(), time + 700);
  clock.see(new Headers({ date: "Wed, 25 Nov 2026 13:00:00 GMT" }));
  assertEquals(clock.now(), time - 3_600_000);
});
