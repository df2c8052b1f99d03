import type { ProgressEvent } from "../../../src/events.ts";
import { Pace } from "../../../src/cli/terminal/pace.ts";
import { assertEquals } from "../../assert.ts";

const MB = 1_000_000;

function event(work: ProgressEvent["work"], total: number, entries = 0): ProgressEvent {
  return { type: "progress", subject: "a.V1", work, done: 0, total, entries };
}

Deno.test("an upload in parts on a slow line lives between the parts, and does not promise too early", () => {
  // 20 MB at 0.1 MB/s, in parts of 5 MB, three at a time.
  const upload = event("uploading", 20 * MB);
  const pace = new Pace(1000);
  const at = (seconds: number): string => pace.describe(upload, 1000 + seconds * 1000);
  assertEquals(at(1), "0 B of 20.0 MB");
  assertEquals(at(100), "0 B of 20.0 MB, under way for 1 min 40 s");
  pace.see(5 * MB, 1000 + 149_000);
  assertEquals(at(149), "5.0 MB of 20.0 MB, 33.6 kB/s");
  pace.see(10 * MB, 1000 + 150_000);
  pace.see(15 * MB, 1000 + 150_000);
  assertEquals(at(150), "15.0 MB of 20.0 MB, 100 kB/s, 50.0 s left");
  assertEquals(at(180), "15.0 MB of 20.0 MB, 100 kB/s, 20.0 s left, last part 30.0 s ago");
  assertEquals(at(210), "15.0 MB of 20.0 MB, 100 kB/s, last part 1 min 0 s ago");
  pace.see(20 * MB, 1000 + 211_000);
  assertEquals(at(230), "20.0 MB of 20.0 MB, 94.8 kB/s");
});

Deno.test("a download that goes on steadily tells speed, time left and entries", () => {
  const download = event("fetching", 100 * MB, 1234);
  const pace = new Pace(0);
  for (let second = 1; second <= 10; second++) pace.see(second * 5 * MB, second * 1000);
  assertEquals(
    pace.describe(download, 10_100),
    "50.0 MB of 100 MB, 5.0 MB/s, 9.9 s left, 1,234 entries",
  );
  assertEquals(
    pace.describe(download, 16_000),
    "50.0 MB of 100 MB, 5.0 MB/s, 4.0 s left, 1,234 entries, nothing for 6.0 s",
  );
});
