/** Reads what a spool has put beside a revision, and makes the revision of it, as a machine does. */
import { checkArchive } from "../../src/archive/check.ts";
import { Patch } from "../../src/archive/delta/patch.ts";
import { bytesOfSide, partsOfSide, sidesOf } from "../../src/archive/delta/sides.ts";
import { ContentStore } from "../../src/archive/tree/content_store.ts";
import { formatTree, parseTree, type RevisionTree } from "../../src/archive/tree/tree.ts";
import { TreeText } from "../../src/archive/tree/tree_text.ts";
import { TreeTaker } from "../../src/archive/tree/tree_taker.ts";
import { getTree, MAX_PATCH_BYTES } from "../../src/catalog/delta/objects.ts";
import { fetchPackageListing, type RemoteRevision } from "../../src/catalog/remote_package.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { patchKey } from "../../src/revision/keys.ts";
import { type RevisionName, toRevision } from "../../src/revision/names.ts";
import { assert, assertEquals } from "../assert.ts";

const { signal } = new AbortController();

interface Content {
  readonly remote: RemoteRevision;
  readonly tree: RevisionTree;
  readonly store: ContentStore;
}

/** What the object of a revision holds. */
export async function contentOf(bucket: Bucket, name: RevisionName): Promise<Content> {
  const { package: pkg, id } = toRevision(name);
  const { revisions } = await fetchPackageListing(bucket, pkg);
  const remote = revisions.find((one) => one.id === id);
  assert(remote !== undefined, name);
  const store = new ContentStore();
  const taker = new TreeTaker({ keep: () => true, store });
  const { body } = await bucket.read(remote.key, { etag: remote.object.etag });
  await checkArchive(body, { package: pkg, rest: remote.rest, watchers: [taker] });
  const tree = taker.tree();
  assert(tree !== undefined);
  return { remote, tree, store };
}

/** Makes the revision of its base and the patch, and compares it with its object. Returns the patch's bytes. */
export async function requirePatched(
  bucket: Bucket,
  base: RevisionName,
  next: RevisionName,
): Promise<{ readonly bytes: number; readonly isWhole: boolean }> {
  const [old, fresh] = [await contentOf(bucket, base), await contentOf(bucket, next)];
  using _old = old.store;
  using _fresh = fresh.store;
  const stored = await getTree(bucket, toRevision(base), signal);
  assertEquals(stored && parseTree(stored.text.bytes), old.tree);
  const key = patchKey(toRevision(next), old.remote.id);
  const bytes = (await bucket.getBytes(key, { limit: MAX_PATCH_BYTES, signal }))?.bytes;
  assert(bytes !== undefined, `there is a patch from ${base}`);
  const patch = Patch.parse(bytes);
  const { facts, text } = await getTree(bucket, toRevision(next), signal) ?? {};
  const tree = text && parseTree(text.bytes);
  assert(facts !== undefined && tree !== undefined);
  const info = await bucket.head(fresh.remote.key);
  assertEquals([facts.sha256, facts.size], [info?.metadata["ftl-sha256"], info?.size]);
  assertEquals(patch.head.from, { id: old.remote.id, tree: stored?.facts.tree ?? "" });
  const { sha256, size } = facts;
  assertEquals(patch.head.to, { id: fresh.remote.id, tree: facts.tree, sha256, size });
  assertEquals(patch.nextTree(new TreeText(formatTree(old.tree))).tree, fresh.tree);
  assertEquals(tree, fresh.tree);
  const sides = sidesOf(old.tree, fresh.tree);
  const source = bytesOfSide(sides.old, ({ sha256 }, { offset, into }) => {
    old.store.read(sha256, offset, into);
  });
  // It compares the SHA-256 of each part.
  const parts = [...partsOfSide(sides.fresh, patch.fresh(sides, source))].filter((one) =>
    one.isLast
  );
  assertEquals(parts.length, sides.fresh.parts.length);
  return { bytes: bytes.length, isWhole: patch.isWhole };
}
