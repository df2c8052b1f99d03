/** Checksums that are taken on a thread of their own. */
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { takeChecksums } from "../../../src/commands/spool/file_check.ts";
import { FileSource } from "../../../src/transfer/upload/file_source.ts";
import { SumsThread } from "../../../src/transfer/upload/sums_thread.ts";
import { noise } from "../../archive/builders.ts";
import { TempFolder } from "../../temp.ts";

/** Bytes: so many are uploaded in parts, the last of which is short. */
const LARGE = (16 << 20) + 1;
const { signal } = new AbortController();

Deno.test("the thread takes the same checksums as a pass over the file", async () => {
  using folder = new TempFolder();
  using source = new FileSource(folder.write("a.bin", noise(LARGE)));
  using thread = SumsThread.start(source);
  const taken = await thread?.done;
  assertEquals(taken, await takeChecksums(source, { ahead: undefined, signal }));
  assertEquals([taken?.partSha256.length, source.parts.length], [4, 4]);
  assertMatch(taken?.sha256 ?? "", /^[0-9a-f]{64}$/);
});

Deno.test("a small file, and a packed folder, get no thread", () => {
  using folder = new TempFolder();
  const path = folder.write("a.bin", noise(1000));
  using small = new FileSource(path);
  const half = { offset: 0, length: 500 };
  const file = Deno.openSync(path);
  using packed = new FileSource("folder", { file, parts: [half, { ...half, offset: 500 }] });
  assertEquals([SumsThread.start(small), SumsThread.start(packed)], [undefined, undefined]);
});

Deno.test("what the thread cannot read is read by the main thread, which tells why", async (t) => {
  using folder = new TempFolder();
  for (const change of [(path: string) => Deno.truncateSync(path, 10), Deno.removeSync]) {
    await t.step(change.name || "it is shorter", async () => {
      const path = folder.write("a.bin", noise(LARGE));
      using source = new FileSource(path);
      change(path);
      using ahead = SumsThread.start(source);
      assertEquals(await ahead?.done, undefined);
      const error = await takeChecksums(source, { ahead, signal }).catch((error) => error);
      assertMatch(error.message, /changed while it was being spooled/);
    });
  }
});

Deno.test("checksums of a file that was replaced since are refused", async () => {
  using folder = new TempFolder();
  const path = folder.write("a.bin", noise(LARGE));
  using source = new FileSource(path);
  Deno.renameSync(folder.write("b.bin", noise(LARGE)), path);
  using ahead = SumsThread.start(source);
  assert(await ahead?.done);
  const error = await takeChecksums(source, { ahead, signal }).catch((error) => error);
  assertMatch(error.message, /changed while it was being spooled/);
});

Deno.test("a thread that is ended takes nothing more, and an abort is not held up by it", async () => {
  using folder = new TempFolder();
  using source = new FileSource(folder.write("a.bin", noise(LARGE)));
  const controller = new AbortController();
  using ahead = SumsThread.start(source);
  const taking = takeChecksums(source, { ahead, signal: controller.signal });
  controller.abort(new Error("enough"));
  assertEquals((await taking.catch((error) => error)).message, "enough");
  ahead?.[Symbol.dispose]();
  assertEquals(await ahead?.done, undefined);
});
