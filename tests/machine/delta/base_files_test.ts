/** Copies of files that are here: a huge one gives others their turn, and can be ended. */
import { createHash } from "node:crypto";
import { BaseFiles } from "../../../src/machine/delta/base_files.ts";
import { KnownFolder } from "../../../src/machine/delta/known_folder.ts";
import { Looks, StatRecord } from "../../../src/machine/delta/stat_record.ts";
import { noise } from "../../archive/builders.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";

/** Bytes: more than what is copied without a turn. */
const SIZE = 17 << 20;

class Base extends TempFolder {
  readonly content = noise(SIZE);
  readonly sha256 = createHash("sha256").update(this.content).digest("hex");
  readonly file = this.write("base/huge", this.content);

  /** @param isRecorded whether it is known how the file looked */
  files(isRecorded: boolean, breathe: () => Promise<void>): BaseFiles {
    const info = Deno.lstatSync(this.file);
    const { uid, gid, mode } = Deno.lstatSync(this.folder("base"));
    const path = "huge";
    const root = { kind: "folder", path: "", mode: (mode ?? 0) & 0o7777, mtime: 0 } as const;
    const entries = [root, {
      ...{ kind: "file", path, mode: 0o644, mtime: 0, size: SIZE, sha256: this.sha256 } as const,
    }];
    const record = StatRecord.of(Looks.of([{ path, info }]), Date.now() + 10_000);
    const base = new KnownFolder(`${this.path}/base`, { entries }, isRecorded ? record : undefined);
    return new BaseFiles(base, { owner: { uid, gid }, isFull: false, breathe });
  }
}

Deno.test("others have their turn while a huge file of the base is read", async () => {
  using base = new Base();
  let turns = 0;
  const files = base.files(false, async () => {
    await new Promise((resolve) => setTimeout(resolve));
    turns++;
  });
  assert(await files.copy(base.sha256, `${base.path}/copy`));
  assertEquals(Deno.readFileSync(`${base.path}/copy`), base.content);
  assert(turns >= SIZE / (256 << 10), `${turns} turns`);
});

Deno.test("the reading of a huge file ends when it is to end", async () => {
  using base = new Base();
  const files = base.files(false, () => Promise.reject(new Error("enough")));
  await assertRejects(() => files.copy(base.sha256, `${base.path}/copy`), Error, "enough");
  assert(Deno.statSync(`${base.path}/copy`).size < SIZE / 2);
});

Deno.test("others have their turn while the system copies a huge file", async () => {
  using base = new Base();
  const files = base.files(true, () => Promise.reject(new Error("it was read")));
  const copied = files.copy(base.sha256, `${base.path}/copy`);
  let isDone = false;
  const done = copied.then(() => isDone = true);
  // Enough for all that is not waited for.
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert(!isDone, "it goes on while others work");
  await done;
  assert(await copied);
  assertEquals(Deno.readFileSync(`${base.path}/copy`), base.content);
});
