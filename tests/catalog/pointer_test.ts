/** The pointer in the bucket: who reads it, who may replace it, and who lost. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "../assert.ts";
import { bless, type BlessOptions } from "../../src/catalog/bless.ts";
import { fetchPackageListing } from "../../src/catalog/remote_package.ts";
import {
  fetchPointerState,
  type PointerContent,
  pollPointerState,
  readOldPointer,
  readPointer,
} from "../../src/catalog/pointer.ts";
import type { PointerState } from "../../src/revision/pointer.ts";
import { BrokenPointerError, ConflictError, NotFoundError } from "../../src/errors.ts";
import { createContext, type FtlEvent } from "../../mod.ts";
import type { SmallObject } from "../../src/bucket/bucket.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { aName, anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

/** A bucket with two revisions. */
async function spooled(bucket = new MemoryBucket()): Promise<MemoryBucket> {
  for (const id of [OLD, NEW]) await bucket.put(`my_site.${id}.tgz`, "x", { metadata: {} });
  return bucket;
}

async function blessIn(
  bucket: MemoryBucket,
  id: typeof OLD,
  options: BlessOptions = {},
): Promise<FtlEvent[]> {
  const events: FtlEvent[] = [];
  const context = createContext({}, { report: (event) => void events.push(event) });
  const remote = await fetchPackageListing(bucket, SITE);
  const old = await readOldPointer(bucket, remote);
  await bless(context, { ...options, bucket, remote, id, old });
  return events;
}

Deno.test("a blessing says what it replaced, who, when and why", async () => {
  const bucket = await spooled();
  assertEquals(await readPointer(bucket, await fetchPackageListing(bucket, SITE)), undefined);
  await blessIn(bucket, OLD);
  await blessIn(bucket, NEW, { message: "fix login" });
  const found = await readPointer(bucket, await fetchPackageListing(bucket, SITE));
  assertEquals([found?.id, found?.replaced, found?.note.message], [NEW, OLD, "fix login"]);
  assertEquals((await bucket.getSmall("my_site.rev"))?.text, `my_site.${NEW}`);
});

Deno.test("what is not in the bucket cannot be blessed, and the same again changes nothing", async () => {
  const bucket = await spooled();
  const gone = anId("VZ5vQkAaR4G");
  await assertRejects(() => blessIn(bucket, gone), NotFoundError, String(gone));
  await blessIn(bucket, NEW);
  const { etag } = await bucket.head("my_site.rev") ?? {};
  const events = await blessIn(bucket, NEW, { message: "again" });
  assertEquals(events.map(({ type }) => type), ["warning"]);
  assertEquals((await bucket.head("my_site.rev"))?.etag, etag);
});

Deno.test("two that bless at the same time: one wins, the other is told who", async () => {
  const bucket = await spooled();
  const results = await Promise.allSettled([OLD, NEW].map((id) => blessIn(bucket, id)));
  const lost = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  assertEquals(lost.length, 1);
  const [error] = lost;
  assert(error instanceof ConflictError);
  const winner = await readPointer(bucket, await fetchPackageListing(bucket, SITE));
  assert(winner !== undefined);
  const revision = aName(`my_site.${winner.id}`);
  assertEquals(error.winner, { revision, by: winner.note.by });
  assertEquals(error.message.includes(`${revision} was blessed`), true, error.message);
});

Deno.test("a pointer that makes no sense is told, and can be replaced", async () => {
  const bucket = await spooled();
  await bucket.put("my_site.rev", "../../etc/passwd", { metadata: {} });
  const remote = await fetchPackageListing(bucket, SITE);
  const error = await assertRejects(
    () => readPointer(bucket, remote),
    BrokenPointerError,
    "names no revision",
  );
  assertEquals(error.etag, remote.pointer?.etag);
  assertEquals((await readOldPointer(bucket, remote)).content, undefined);
  await blessIn(bucket, NEW);
  assertEquals((await bucket.getSmall("my_site.rev"))?.text, `my_site.${NEW}`);
});

Deno.test("the pointer is read only where the listing shows another one than is remembered", async () => {
  const bucket = await spooled();
  await blessIn(bucket, NEW);
  const remote = await fetchPackageListing(bucket, SITE);
  const state = await fetchPointerState(bucket, remote, undefined);
  assertEquals(state?.blessed, NEW);
  bucket.calls.length = 0;
  assertEquals(await fetchPointerState(bucket, remote, state), state);
  assertEquals(bucket.calls, []);
  // An empty listing may be that of a wrong bucket.
  const empty = await fetchPackageListing(new MemoryBucket(), SITE);
  assertEquals(await fetchPointerState(bucket, empty, state), state);
});

Deno.test("the pointers of the Go original count until FTL writes its own", async () => {
  const bucket = await spooled();
  await bucket.put("my_site.current", `my_site.${NEW}\n`, { metadata: {} });
  await bucket.put("my_site.previous", `my_site.${OLD}`, { metadata: {} });
  const found = await readPointer(bucket, await fetchPackageListing(bucket, SITE));
  assertEquals([found?.id, found?.replaced, found?.etag], [NEW, OLD, undefined]);
  await blessIn(bucket, NEW);
  assertEquals((await bucket.getSmall("my_site.rev"))?.text, `my_site.${NEW}`);
});

Deno.test("a pointer names its object, and its serial grows with every write", async () => {
  const bucket = new MemoryBucket();
  const time = 1795615200987;
  bucket.now = () => time;
  const metadata = { "ftl-sha256": "0f".repeat(32) };
  for (const id of [OLD, NEW]) await bucket.put(`my_site.${id}.tgz`, "x", { metadata });
  await blessIn(bucket, OLD);
  const first = await pointerIn(bucket);
  assertEquals(first?.object, { key: `my_site.${OLD}.tgz`, size: 1, sha256: "0f".repeat(32) });
  assertEquals([first?.serial, first?.since], [time, time], "a time of the store's clock");
  await blessIn(bucket, NEW);
  const second = await pointerIn(bucket);
  assertEquals([second?.serial, second?.since], [time + 1, time + 1]);
});

Deno.test("who may not read revisions may bless them all the same", async () => {
  const bucket = await spooled();
  bucket.deny("head", 1);
  await blessIn(bucket, OLD);
  assertEquals((await pointerIn(bucket))?.object, {
    key: `my_site.${OLD}.tgz`,
    size: 1,
    sha256: undefined,
  });
});

/** A store whose answers have no `Date`. */
class TimelessBucket extends MemoryBucket {
  override serverTime(): undefined {}
}

for (
  const [store, make] of [["a store that tells the time", MemoryBucket], [
    "a store without Date",
    TimelessBucket,
  ]] as const
) {
  Deno.test(`the same revision again is a new blessing, also within one second of ${store}`, async () => {
    const bucket = await spooled(new make());
    await blessIn(bucket, OLD);
    await blessIn(bucket, NEW);
    const before = await stateIn(bucket);
    await blessIn(bucket, NEW, { again: true });
    const after = await stateIn(bucket);
    assertEquals([after?.blessed, after?.replaced], [NEW, OLD]);
    assertNotEquals(after?.version, before?.version);
    assertNotEquals(after?.blessing, before?.blessing);
  });
}

Deno.test("a state that FTL 0.1.0 stored is not trusted to be whole", async () => {
  const bucket = await spooled();
  await blessIn(bucket, NEW);
  const whole = await stateIn(bucket);
  if (whole === undefined) throw new Error("nothing is blessed");
  const { version, blessed } = whole;
  const remote = await fetchPackageListing(bucket, SITE);
  assertEquals(await fetchPointerState(bucket, remote, { schema: 1, version, blessed }), whole);
});

/** A store whose listings have parts of a second, as radosgw's. The answer to a GET has none. */
class PreciseBucket extends MemoryBucket {
  override now = (): number => 1795615200987;

  override async getSmall(key: string): Promise<SmallObject | undefined> {
    const found = await super.getSmall(key);
    return found && { ...found, modified: 1795615200000 };
  }
}

Deno.test("a poll and a listing see the same state of the pointer", async () => {
  const bucket = new PreciseBucket();
  await bucket.put(`my_site.${NEW}.tgz`, "x", { metadata: {} });
  assertEquals(await pollPointerState(bucket, SITE), undefined);
  await bucket.put("my_site.rev", `my_site.${NEW}`, { metadata: {} });
  const listed = await stateIn(bucket);
  assertEquals(listed?.blessed, NEW);
  assertEquals(await pollPointerState(bucket, SITE), listed);
  await bucket.put("my_site.rev", "no revision", { metadata: {} });
  assertEquals(await pollPointerState(bucket, SITE), undefined);
});

async function pointerIn(bucket: MemoryBucket): Promise<PointerContent | undefined> {
  return await readPointer(bucket, await fetchPackageListing(bucket, SITE));
}

async function stateIn(bucket: MemoryBucket): Promise<PointerState | undefined> {
  return await fetchPointerState(bucket, await fetchPackageListing(bucket, SITE), undefined);
}
