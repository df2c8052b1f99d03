/** A blessing whose revision is removed at the same moment, and one that must not begin. */
import { assertEquals, assertRejects } from "../assert.ts";
import type { PutOptions } from "../../src/bucket/bucket.ts";
import { bless } from "../../src/catalog/bless.ts";
import { fetchPackageListing } from "../../src/catalog/remote_package.ts";
import { readOldPointer } from "../../src/catalog/pointer.ts";
import { ConflictError } from "../../src/errors.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { createContext, type FtlEvent } from "../../mod.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { aName, anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

/** A bucket where somebody else acts before or after the next write of the pointer. */
class SharedBucket extends MemoryBucket {
  before: () => Promise<unknown> = () => Promise.resolve();
  after: () => Promise<unknown> = () => Promise.resolve();

  override async put(key: string, text: string, options: PutOptions): Promise<string> {
    if (key !== "my_site.rev") return await super.put(key, text, options);
    const { before, after } = this;
    this.before = this.after = () => Promise.resolve();
    await before();
    const etag = await super.put(key, text, options);
    await after();
    return etag;
  }

  async serial(): Promise<number> {
    return Number((await this.head("my_site.rev"))?.metadata["ftl-serial"]);
  }

  pointer(): Promise<string | undefined> {
    return this.getSmall("my_site.rev").then((found) => found?.text);
  }
}

/** With two revisions, of which the old one is blessed. */
async function blessed(): Promise<SharedBucket> {
  const bucket = new SharedBucket();
  for (const id of [OLD, NEW]) await bucket.put(`my_site.${id}.tgz`, "x", { metadata: {} });
  await blessIn(bucket, OLD);
  return bucket;
}

async function blessIn(
  bucket: SharedBucket,
  id: RevisionId,
  { signal = new AbortController().signal, again = false } = {},
): Promise<FtlEvent[]> {
  const events: FtlEvent[] = [];
  const context = createContext({}, { report: (event) => void events.push(event), signal });
  const remote = await fetchPackageListing(bucket, SITE);
  await bless(context, { bucket, remote, id, again, old: await readOldPointer(bucket, remote) });
  return events;
}

Deno.test("if the revision is removed while it is blessed, the blessing before comes back", async () => {
  const bucket = await blessed();
  const before = await bucket.head("my_site.rev");
  let serial = 0;
  bucket.after = async () => {
    serial = await bucket.serial();
    await bucket.remove(`my_site.${NEW}.tgz`);
  };
  const error = await assertRejects(() => blessIn(bucket, NEW), ConflictError);
  assertEquals(
    error.message,
    `my_site.${NEW} was removed by somebody else while it was being blessed`,
  );
  assertEquals(error.hint, `my_site.${OLD} is blessed again, as before`);
  assertEquals(await bucket.pointer(), `my_site.${OLD}`);
  // It is the same blessing, so holds stay. But it is another write.
  const after = await bucket.head("my_site.rev");
  const written = { "ftl-serial": String(serial + 1) };
  assertEquals(after?.metadata, { ...before?.metadata, ...written });
});

Deno.test("the same revision does not come back if it is removed while it is blessed once more", async () => {
  const bucket = await blessed();
  const serial = await bucket.serial();
  bucket.after = () => bucket.remove(`my_site.${OLD}.tgz`);
  const { hint } = await assertRejects(() => blessIn(bucket, OLD, { again: true }), ConflictError);
  assertEquals(hint, "Bless another revision now: machines cannot fetch this one");
  // Two revisions, then each pointer with its history. One more write in the same second would look the same.
  const writes = bucket.calls.filter((call) => call === "put").length;
  assertEquals([writes, await bucket.serial() > serial], [6, true]);
});

Deno.test("a blessing before does not come back over one that somebody else made since", async () => {
  const bucket = await blessed();
  const third = "my_site.VZ5vQkAaR4G";
  bucket.after = async () => {
    await bucket.remove(`my_site.${NEW}.tgz`);
    await bucket.put("my_site.rev", third, { metadata: {} });
  };
  const { hint } = await assertRejects(() => blessIn(bucket, NEW), ConflictError);
  assertEquals(hint, "Somebody else has blessed another one since");
  assertEquals(await bucket.pointer(), third);
});

Deno.test("without a blessing before, the error says that another one is needed", async () => {
  const bucket = await blessed();
  await bucket.remove("my_site.rev");
  bucket.after = () => bucket.remove(`my_site.${NEW}.tgz`);
  const { hint } = await assertRejects(() => blessIn(bucket, NEW), ConflictError);
  assertEquals(hint, "Bless another revision now: machines cannot fetch this one");
});

Deno.test("whoever loses is told the winner, if the pointer names one", async () => {
  for (
    const [text, winner] of [
      ["my_site.VZ5vQkAaR4G", { revision: aName("my_site.VZ5vQkAaR4G"), by: "ann@dev" }],
      ["../../etc", undefined],
    ] as const
  ) {
    const bucket = await blessed();
    bucket.before = () => bucket.put("my_site.rev", text, { metadata: { "ftl-by": "ann@dev" } });
    const error = await assertRejects(() => blessIn(bucket, NEW), ConflictError);
    assertEquals(error.message, `Somebody else was faster: ${text} was blessed by ann@dev`);
    assertEquals(error.winner, winner);
  }
});

Deno.test("the same revision is blessed again if only the Go original has blessed it", async () => {
  const bucket = await blessed();
  await bucket.remove("my_site.rev");
  await bucket.put("my_site.current", `my_site.${OLD}`, { metadata: {} });
  const events = await blessIn(bucket, OLD);
  assertEquals(events.map(({ type }) => type), ["blessed"]);
  assertEquals(await bucket.pointer(), `my_site.${OLD}`);
});

Deno.test("after an abort nothing is blessed", async () => {
  const bucket = await blessed();
  const reason = new Error("stop");
  const error = await assertRejects(
    () => blessIn(bucket, NEW, { signal: AbortSignal.abort(reason) }),
    Error,
  );
  assertEquals(error, reason);
  assertEquals(await bucket.pointer(), `my_site.${OLD}`);
});
