/** When files are flushed while more are written, and who hears of a failure. */
import { assertEquals, assertRejects } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { EarlyFlushes } from "../../../src/machine/disk/early_flush.ts";
import { TempFolder } from "../../temp.ts";

const { signal } = new AbortController();

Deno.test("an early flush begins when enough was written since the last one, and that is over", async () => {
  using folder = new TempFolder();
  const early = new EarlyFlushes({ worth: 10, pause: 0 });
  const advance = (bytes: number): boolean => early.advance(folder.path, bytes, signal);
  assertEquals([advance(9), advance(10), advance(100)], [false, true, false]);
  await early.end();
  assertEquals([advance(19), advance(20)], [false, true]);
  await early.end();
  assertEquals([advance(3), advance(10)], [false, true], "files are written anew");
  await early.end();
});

Deno.test("what comes fast has no early flush", async () => {
  using folder = new TempFolder();
  for (const [pause, bytes] of [[3_600_000, 1000], [0, 1e15]] as const) {
    const early = new EarlyFlushes({ worth: 1, pause });
    assertEquals(early.advance(folder.path, bytes, signal), false);
    await early.end();
  }
});

Deno.test("an early flush that failed fails the last one, also if later ones succeed", async () => {
  using folder = new TempFolder();
  const early = new EarlyFlushes({ worth: 1, pause: 0 });
  assertEquals(early.advance(`${folder.path}/missing`, 1, signal), true);
  await assertRejects(() => early.end(), StorageError, "Cannot flush");
  assertEquals(early.advance(folder.path, 2, signal), true);
  await assertRejects(() => early.end(), StorageError, "Cannot flush");
});
