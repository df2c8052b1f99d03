/** The pointer in the bucket: who reads it, who may replace it, and who lost. */
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { bless } from "../../src/catalog/bless.ts";
import { fetchPackageListing } from "../../src/catalog/remote_package.ts";
import { fetchPointerState, readOldPointer, readPointer } from "../../src/catalog/pointer.ts";
import { BrokenPointerError, ConflictError, NotFoundError } from "../../src/errors.ts";
import { createContext, type FtlEvent } from "../../mod.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { aName, anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

/** A bucket with two revisions. */
async function spooled(): Promise<MemoryBucket> {
  const bucket = new MemoryBucket();
  for (const id of [OLD, NEW]) await bucket.put(`my_site.${id}.tgz`, "x", { metadata: {} });
  return bucket;
}

async function blessIn(
  bucket: MemoryBucket,
  id: typeof OLD,
  message?: string,
): Promise<FtlEvent[]> {
  const events: FtlEvent[] = [];
  const context = createContext({}, { report: (event) => void events.push(event) });
  const remote = await fetchPackageListing(bucket, SITE);
  const old = await readOldPointer(bucket, remote);
  await bless(context, { bucket, remote, id, old, ...(message === undefined ? {} : { message }) });
  return events;
}

Deno.test("a blessing says what it replaced, who, when and why", async () => {
  const bucket = await spooled();
  assertEquals(await readPointer(bucket, await fetchPackageListing(bucket, SITE)), undefined);
  await blessIn(bucket, OLD);
  await blessIn(bucket, NEW, "fix login");
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
  const events = await blessIn(bucket, NEW, "again");
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
