/**
 * Makes a patch for one base. Mostly whole files are enough, of which the check has kept what is new. If they are too
 * many, the base's object is downloaded, to say of each new file where it differs from the old ones.
 */
import { checkArchive, type EntryWatcher } from "../../../archive/check.ts";
import type { RandomBytes } from "../../../archive/delta/bytes.ts";
import { type PatchInput, patchSteps } from "../../../archive/delta/patch.ts";
import { bytesOfSide, type Side, sidesOf } from "../../../archive/delta/sides.ts";
import type { ContentStore } from "../../../archive/tree/content_store.ts";
import type { RevisionTree } from "../../../archive/tree/tree.ts";
import { readLike, type TreeText } from "../../../archive/tree/tree_text.ts";
import { TreeTaker } from "../../../archive/tree/tree_taker.ts";
import type { Bucket } from "../../../bucket/bucket.ts";
import { MAX_PATCH_BYTES, type TreeFacts } from "../../../catalog/delta/objects.ts";
import type { Context } from "../../../context.ts";
import { IntegrityError } from "../../../errors.ts";
import { type Revision, revisionName } from "../../../revision/names.ts";
import { openDownload } from "../../../transfer/download/download.ts";
import type { Base } from "./bases.ts";
import { BoundedStore, MOST_KEPT } from "./bounded_store.ts";

/** Bytes of an object that is not downloaded for a patch. */
const LARGEST_BASE = 2 ** 31;
/** The share of an object that a patch may have: else it saves too little. */
const LARGEST_SHARE = 1 / 4;
/** Whole files of so many bytes, or of that share of the object, are not worth the download of a base. */
const SMALL = 64_000;
const SMALL_SHARE = 1 / 100;

/** What a patch leads to. */
export interface NextRevision {
  readonly revision: Revision;
  readonly facts: TreeFacts;
  readonly tree: RevisionTree;
  readonly text: TreeText;
  /** The contents that no base has. */
  readonly kept: BoundedStore;
}

/** The patch, or why there is none. */
export type MadeDelta = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly why: string };

/** Throws what the download or the disk throws, and `IntegrityError` if the base is not what its tree says. */
export async function makeDelta(
  context: Pick<Context, "config">,
  bucket: Bucket,
  { base, next, signal }: {
    readonly base: Base;
    readonly next: NextRevision;
    readonly signal: AbortSignal;
  },
): Promise<MadeDelta> {
  const { tree } = readLike(base.text, next);
  const sides = sidesOf(tree, next.tree);
  if (sides.fresh.parts.some(({ sha256 }) => !next.kept.has(sha256))) {
    if (next.kept.failure !== undefined) throw next.kept.failure;
    return { why: "too much of it is new" };
  }
  const { size } = next.facts;
  const most = Math.min(Math.floor(size * LARGEST_SHARE), MAX_PATCH_BYTES);
  const small = Math.min(most, Math.max(SMALL, Math.floor(size * SMALL_SHARE)));
  const input = {
    head: headOf(base, next),
    ...{ base: tree, next: next.tree, sides, fresh: bytesIn(next.kept, sides.fresh) },
  };
  const isAllNew = sides.old.size === 0;
  const limit = isAllNew ? most : small;
  const whole = await inTurns({ ...input, old: undefined, limit }, signal);
  if (whole !== undefined) return { bytes: whole };
  const tooLarge = { why: "a patch would be more than a quarter of the whole" };
  if (isAllNew || sides.fresh.size === 0) return tooLarge;
  // More is not kept, and would look as if the base were not what its tree says.
  if (sides.old.size > MOST_KEPT) return { why: "too much of it has changed" };
  if (base.remote.object.size > LARGEST_BASE) {
    return { why: `${revisionName(base.remote)} is too large to be compared` };
  }
  using old = await fetchSide(context, bucket, { base, side: sides.old, signal });
  const patch = await inTurns({ ...input, old: bytesIn(old, sides.old), limit: most }, signal);
  return patch === undefined ? tooLarge : { bytes: patch };
}

/** Lets the upload go on beside it, whose requests have a time limit. */
async function inTurns(
  input: PatchInput,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const steps = patchSteps(input);
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = steps.next();
    if (done) return value;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function headOf(
  base: Base,
  { revision, facts }: NextRevision,
): PatchInput["head"] {
  const { tree, sha256, size } = facts;
  return {
    package: revision.package,
    from: { id: base.remote.id, tree: base.facts.tree },
    to: { id: revision.id, tree, sha256, size },
  };
}

function bytesIn(store: ContentStore, side: Side): RandomBytes {
  return bytesOfSide(side, ({ sha256 }, { offset, into }) => {
    if (store.read(sha256, offset, into) < into.length) throw new Error(`${sha256} is cut short`);
  });
}

/** What ends a download early. */
const ENOUGH = new Error("all is there");

/** Downloads the base until all contents of the side are there. */
async function fetchSide(
  { config }: Pick<Context, "config">,
  bucket: Bucket,
  { base: { remote }, side, signal }: {
    readonly base: Base;
    readonly side: Side;
    readonly signal: AbortSignal;
  },
): Promise<ContentStore> {
  const missing = new Set(side.parts.map(({ sha256 }) => sha256));
  const store = new BoundedStore();
  const { size, etag } = remote.object;
  const keep = (sha256: string): boolean => missing.delete(sha256);
  const enough: EntryWatcher = {
    begin: () => {
      if (missing.size === 0) throw ENOUGH;
    },
  };
  const watchers = [new TreeTaker({ keep, store }), enough];
  try {
    await using download = await openDownload(bucket, remote.key, {
      ...{ size, etag, signal, concurrency: config.concurrency },
    });
    const { package: name, rest } = remote;
    await checkArchive(download.body, { package: name, rest, size, signal, watchers });
  } catch (error) {
    if (error !== ENOUGH) store[Symbol.dispose]();
    if (error !== ENOUGH) throw error;
  }
  if (side.parts.every(({ sha256 }) => store.has(sha256))) return store;
  store[Symbol.dispose]();
  throw lacking(store, remote);
}

function lacking({ failure }: BoundedStore, revision: Revision): unknown {
  return failure ?? new IntegrityError(`${revisionName(revision)} is not what its tree says`);
}
