/** Trees and patches in the bucket: how they are kept, what is believed of them, and how they go. */
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { createContext, type FtlEvent } from "../../mod.ts";
import { formatTree, hashTree, type RevisionTree } from "../../src/archive/tree/tree.ts";
import { unpackedFacts } from "../../src/catalog/delta/facts.ts";
import { getTree, putPatch, putTree } from "../../src/catalog/delta/objects.ts";
import { removeDeltas } from "../../src/catalog/delta/removal.ts";
import { readPackageListing, type RemoteRevision } from "../../src/catalog/remote_package.ts";
import { STALE_AFTER } from "../../src/catalog/stale_uploads.ts";
import type { Context } from "../../src/context.ts";
import { IntegrityError } from "../../src/errors.ts";
import type { Metadata } from "../../src/revision/metadata.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const ID = anId("VZ5vQk8aR4G");
const OLD = anId("VZ4vQk8aR4G");
const OLDEST = anId("VZ3vQk8aR4G");
const REVISION = { package: SITE, id: ID };
const { signal } = new AbortController();

const TREE: RevisionTree = {
  entries: [{
    ...{ kind: "file", path: "v", mode: 0o644, mtime: 1000, size: 1 },
    sha256: "0f".repeat(32),
  }],
};
const TEXT = formatTree(TREE);
const FACTS = {
  ...{ sha256: "f0".repeat(32), size: 1234, bytes: 1, entries: 1 },
  tree: hashTree(TEXT),
};

Deno.test("a tree comes back with what it is of", async () => {
  const bucket = new MemoryBucket();
  assertEquals(await getTree(bucket, REVISION, signal), undefined);
  await putTree(bucket, REVISION, { facts: FACTS, text: TEXT, signal });
  const found = await getTree(bucket, REVISION, signal);
  assertEquals([found?.facts, found?.text.bytes], [FACTS, TEXT]);
  const [object] = await bucket.list("");
  assertEquals([object?.key, object?.size], [`.ftl/delta/my_site/${ID}/tree`, found?.moved]);
});

Deno.test("a tree that was changed, or does not tell what it is of, is refused", async (t) => {
  const key = `.ftl/delta/my_site/${ID}/tree`;
  const changes: Record<
    string,
    (found: { bytes: Uint8Array<ArrayBuffer>; metadata: Metadata }) => {
      bytes?: Uint8Array<ArrayBuffer>;
      metadata?: Metadata;
    }
  > = {
    "another hash": ({ metadata }) => ({
      metadata: { ...metadata, "ftl-tree": "00".repeat(32) },
    }),
    "no metadata": () => ({ metadata: {} }),
    "no size": ({ metadata: { "ftl-size": _, ...metadata } }) => ({ metadata }),
    "cut short": ({ bytes }) => ({ bytes: bytes.slice(0, -1) }),
    "no zstd": () => ({ bytes: TEXT }),
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.step(name, async () => {
      const bucket = new MemoryBucket();
      await putTree(bucket, REVISION, { facts: FACTS, text: TEXT, signal });
      bucket.rewrite(key, change);
      await assertRejects(() => getTree(bucket, REVISION, signal), IntegrityError);
    });
  }
});

Deno.test("a patch lies there as it is", async () => {
  const bucket = new MemoryBucket();
  const bytes = new Uint8Array([1, 2, 3]);
  await putPatch(bucket, REVISION, { base: OLD, bytes, signal });
  const key = `.ftl/delta/my_site/${ID}/from.${OLD}`;
  assertEquals((await bucket.list(""))[0]?.key, key);
  assertEquals((await bucket.getBytes(key, { limit: 3, signal }))?.bytes, bytes);
});

/** The revision as a listing has it. */
async function listed(bucket: MemoryBucket, size: number): Promise<RemoteRevision> {
  await bucket.put(`my_site.${ID}.tgz`, "x".repeat(size), { metadata: {} });
  const [revision] = readPackageListing(SITE, await bucket.list("my_site.")).revisions;
  assert(revision !== undefined);
  bucket.calls.length = 0;
  return revision;
}

Deno.test("what a revision unpacks to is asked of its tree, only if the revision does not tell", async () => {
  const bucket = new MemoryBucket();
  const { sha256, tree } = FACTS;
  await putTree(bucket, REVISION, { facts: FACTS, text: TEXT, signal });
  const remote = await listed(bucket, FACTS.size);
  const own = { "ftl-sha256": sha256, "ftl-bytes": "5", "ftl-files": "6" };
  assertEquals(await unpackedFacts(bucket, remote, own), { sha256, bytes: 5, entries: 6 });
  const unknown = { sha256: undefined, bytes: undefined, entries: undefined };
  assertEquals(await unpackedFacts(bucket, remote, {}), unknown, "no ftl has made it");
  assertEquals(bucket.calls, []);
  const large = { "ftl-sha256": sha256, "ftl-tree": tree };
  assertEquals(await unpackedFacts(bucket, remote, large), { sha256, tree, bytes: 1, entries: 1 });
  assertEquals(bucket.calls, ["head"]);
  const told = { "ftl-sha256": sha256, "ftl-size": String(remote.object.size), "ftl-bytes": "7" };
  assertEquals((await unpackedFacts(bucket, remote, large, told)).bytes, 7);
  assertEquals((await unpackedFacts(bucket, remote, large, {})).bytes, undefined);
  assertEquals(bucket.calls, ["head"], "what was asked for already is not asked again");
  const another = "00".repeat(32);
  const found = await unpackedFacts(bucket, remote, { "ftl-sha256": another });
  assertEquals(found, { ...unknown, sha256: another }, "the tree is of another object");
  bucket.deny("head", 1);
  assertEquals(await unpackedFacts(bucket, remote, { "ftl-sha256": sha256 }), {
    ...{ ...unknown, sha256 },
  });
});

interface Purging {
  readonly bucket: MemoryBucket;
  readonly context: Context;
  readonly events: FtlEvent[];
  readonly keys: () => Promise<string[]>;
}

/** With a revision of which everything is there, and what spools have left that never came to an end. */
async function purging(age: number): Promise<Purging> {
  const bucket = new MemoryBucket();
  const [now, events] = [Date.now(), [] as FtlEvent[]];
  bucket.now = () => now - age;
  const names = [
    ...[`my_site/${ID}/tree`, `my_site/${ID}/from.${OLD}`, `my_site/${ID}/from.${OLDEST}`],
    ...[`my_site/${OLD}/tree`, `my_site/${OLD}/frames`, `my_site/${OLD}/from.${OLDEST}`],
    ...["my_site/VZ9vQk8aR4G/tree", "my_site/odd", "my_site2/VZ4vQk8aR4G/tree"],
  ];
  for (const name of names) await bucket.put(`.ftl/delta/${name}`, "", { metadata: {} });
  bucket.now = () => now;
  const context = {
    ...createContext({}, { report: (one) => void events.push(one) }),
    now: () => now,
  };
  const keys = async (): Promise<string[]> => {
    return (await bucket.list("")).map(({ key }) => key.slice(".ftl/delta/".length));
  };
  return { bucket, context, events, keys };
}

const revisions = (removed: string[], left: string[]) => ({
  package: SITE,
  removed: new Set(removed.map(anId)),
  left: new Set(left.map(anId)),
});

Deno.test("with a revision go its tree, its patches, and those that begin at it", async () => {
  const { bucket, context, events, keys } = await purging(0);
  await removeDeltas(context, bucket, revisions([OLD], [ID]));
  assertEquals(await keys(), [
    ...[`my_site/${ID}/from.${OLDEST}`, `my_site/${ID}/tree`],
    ...["my_site/VZ9vQk8aR4G/tree", "my_site/odd", "my_site2/VZ4vQk8aR4G/tree"],
  ]);
  assertEquals(events, []);
});

Deno.test("what a spool has left goes after a day, when no spool can be under way any more", async () => {
  const young = await purging(STALE_AFTER - 60_000);
  await removeDeltas(young.context, young.bucket, revisions([], [ID, OLD]));
  assertEquals((await young.keys()).length, 9);
  const old = await purging(STALE_AFTER + 60_000);
  await removeDeltas(old.context, old.bucket, revisions([], [ID, OLD]));
  assertEquals(await old.keys(), [
    ...[`my_site/${OLD}/frames`, `my_site/${OLD}/tree`],
    ...[`my_site/${ID}/from.${OLD}`, `my_site/${ID}/tree`],
    ...["my_site/odd", "my_site2/VZ4vQk8aR4G/tree"],
  ]);
});

Deno.test("of a package without a revision all goes, whatever its age, but what is not FTL's", async () => {
  const { bucket, context, keys } = await purging(0);
  assertEquals(await removeDeltas(context, bucket, { ...revisions([], []), isDry: true }), true);
  assertEquals((await keys()).length, 9);
  assertEquals(await removeDeltas(context, bucket, revisions([OLD], [])), true);
  assertEquals(await keys(), ["my_site/odd", "my_site2/VZ4vQk8aR4G/tree"]);
  assertEquals(await removeDeltas(context, bucket, revisions([OLD], [])), false);
});

Deno.test("who may not remove them is told once", async () => {
  for (const method of ["list", "removeMany"]) {
    const { bucket, context, events, keys } = await purging(0);
    bucket.deny(method, 1);
    await removeDeltas(context, bucket, revisions([OLD], [ID]));
    assertEquals(events.map((event) => event.type === "warning" && event.message), [
      "Not all below .ftl/delta/my_site/ that is needed no more was removed: " +
      `${method} is denied in memory`,
    ]);
    assertEquals((await keys()).length, 9);
  }
});
