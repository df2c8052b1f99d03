/**
 * Makes a revision of what is here and a patch in S3, if `src/plan/route.ts` says so. Nothing of what S3 has for that
 * is believed: each content that is new has its SHA-256 in the revision's tree, the tree has its own in the patch or in
 * what was signed, and the result is compared with the tree. Whatever does not fit leads to the whole object.
 */
import { type NextTree, Patch, type PatchHead } from "../../archive/delta/patch.ts";
import { bytesOfTree, packTree, parseSafe } from "../../archive/tree/tree.ts";
import { readLike, type TreeText } from "../../archive/tree/tree_text.ts";
import { asError, IntegrityError } from "../../errors.ts";
import { applyDelta, type KnownSpare } from "../../machine/delta/apply.ts";
import { KnownFolder } from "../../machine/delta/known_folder.ts";
import { readRecord, recordPaths } from "../../machine/delta/records.ts";
import { Looks } from "../../machine/delta/stat_record.ts";
import { readSpare, type Spare } from "../../machine/delta/spare.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readRevisionState, type RevisionState } from "../../machine/state.ts";
import { routeOf } from "../../plan/route.ts";
import { patchKey } from "../../revision/keys.ts";
import type { Context } from "../../context.ts";
import { DeltaObjects, largestUseful } from "./delta_objects.ts";
import { requireReserve, requireSpace } from "./disk_space.ts";
import type { DeltaOutcome, Destination, Source, Staged } from "./fetch.ts";
import { type Base, KnownTrees } from "./known_trees.ts";

/** Milliseconds of work after which others get a turn. */
const STINT = 100;

/** Never throws but for an abort: no delta fails a sync. */
export async function tryDelta(
  context: Context,
  from: Source,
  to: Destination,
): Promise<DeltaOutcome> {
  const objects = new DeltaObjects(from.bucket, context.signal);
  try {
    return await new DeltaFetch(context, from, { ...to, objects }).run();
  } catch (error) {
    context.signal.throwIfAborted();
    await to.staging.renew();
    return { moved: objects.moved, why: asError(error).message };
  }
}

interface FoundPatch {
  readonly base: Base;
  readonly patch: Patch;
}

class DeltaFetch {
  readonly #context: Context;
  readonly #from: Source;
  readonly #pkg: PackageDir;
  readonly #staging: Destination["staging"];
  readonly #objects: DeltaObjects;
  readonly #trees: KnownTrees;

  constructor(
    context: Context,
    from: Source,
    to: Destination & { readonly objects: DeltaObjects },
  ) {
    this.#context = context;
    this.#from = from;
    this.#pkg = to.pkg;
    this.#staging = to.staging;
    this.#objects = to.objects;
    this.#trees = new KnownTrees(to.pkg, to.objects);
  }

  async run(): Promise<DeltaOutcome> {
    const { config } = this.#context;
    const here = this.#bases();
    const bases = here.filter(({ state }) => this.#isTrusted(state));
    const spare = config.spare ? this.#usableSpare() : undefined;
    const route = routeOf({
      setting: config.delta,
      hasBase: here.length > 0,
      isTreeTrusted: bases.length > 0 && this.#isNamed,
      hasSpare: spare !== undefined,
    });
    if (route.by === "whole") return { moved: 0, why: route.why, noGain: route.noGain };
    const found = await this.#findPatch(bases);
    if (found !== undefined) return await this.#make(found, spare);
    const { moved, isDenied } = this.#objects;
    const names = bases.map(({ id }) => this.#pkg.revisionName(id)).join(" or ");
    return { moved, why: `S3 has no patch from ${names}${isDenied ? ", or denies it" : ""}` };
  }

  /** Whether it is known what tree the revision must have, where only that counts. */
  get #isNamed(): boolean {
    const { content } = this.#from;
    return content === undefined || content.tree !== undefined;
  }

  /** Whether what is known of a revision here may be believed. */
  #isTrusted({ tree, treeSigned }: RevisionState): boolean {
    return this.#from.content === undefined || (tree !== undefined && treeSigned === true);
  }

  /** What may be the base: the newest revision that is older, and the active one. */
  #bases(): Base[] {
    const { id: wanted } = this.#from.remote;
    const newest = this.#pkg.revisions().filter((id) => id < wanted).at(-1);
    const ids = new Set([newest, readLink(this.#pkg, "current")]);
    return [...ids].flatMap((id) => {
      if (id === undefined || id === wanted || !this.#pkg.has(id)) return [];
      const state = readRevisionState(this.#pkg, id);
      const sha256 = state?.sha256;
      return state === undefined || sha256 === undefined
        ? []
        : [{ id, state: { ...state, sha256 } }];
    });
  }

  #usableSpare(): Spare | undefined {
    const spare = readSpare(this.#pkg);
    return spare?.state.sha256 !== undefined && this.#isTrusted(spare.state) ? spare : undefined;
  }

  async #findPatch(bases: readonly Base[]): Promise<FoundPatch | undefined> {
    const { remote } = this.#from;
    const most = largestUseful(remote.object.size);
    for (const base of bases) {
      const object = await this.#objects.get(patchKey(remote, base.id), most);
      if (object === undefined) continue;
      const patch = Patch.parse(object.bytes);
      this.#requireFit(patch.head, base);
      await this.#requireObject(patch.head);
      return { base, patch };
    }
    return undefined;
  }

  #requireFit({ package: name, from, to }: PatchHead, base: Base): void {
    const { remote, content } = this.#from;
    const fits = name === this.#pkg.name && from.id === base.id && to.id === remote.id &&
      to.size === remote.object.size && from.tree === (base.state.tree ?? from.tree);
    if (!fits) throw new IntegrityError("The patch is for other revisions");
    if (content === undefined) return;
    if (to.sha256 !== content.sha256 || to.tree !== content.tree) {
      throw new IntegrityError("The patch does not make what was signed");
    }
  }

  /** The patch must be for the object that would be downloaded: another one may have taken its key. */
  async #requireObject({ to }: PatchHead): Promise<void> {
    const { bucket, remote } = this.#from;
    const info = await bucket.head(remote.key);
    if (info?.etag === remote.object.etag && info.metadata["ftl-sha256"] === to.sha256) return;
    throw new IntegrityError("The patch does not make what S3 has");
  }

  async #make({ base, patch }: FoundPatch, spare: Spare | undefined): Promise<DeltaOutcome> {
    const { head } = patch;
    const baseTree = await this.#trees.of(base, recordPaths(this.#pkg, base.id), head.from.tree);
    if (baseTree === undefined) throw new IntegrityError("The base's tree is not known");
    const next = patch.nextTree(baseTree.text);
    const known = spare && await this.#lookAtSpare(spare, next);
    const folder = once(() => this.#lookAtBase(base, baseTree.text));
    if (known === undefined) this.#requireGain();
    const walked = await applyDelta({
      ...{ pkg: this.#pkg, id: this.#from.remote.id, target: this.#staging.target, patch },
      ...{ next, base: folder, spare: known },
      isFull: this.#context.config.verify === "full",
      breathe: this.#breather(),
      requireRoom: (bytes) => requireSpace(this.#staging.target, { bytes }),
    });
    const { packed } = baseTree;
    const staged: Staged = {
      ...{ sha256: head.to.sha256, tree: head.to.tree, moved: this.#objects.moved },
      treeSigned: this.#from.content === undefined ? undefined : true,
      entries: next.tree.entries.length,
      bytes: bytesOfTree(next.tree),
      how: known === undefined ? "delta" : "spare",
      base: base.id,
      records: {
        looks: Looks.of(walked),
        tree: packTree(next.text.bytes),
        baseTree: packed && { id: base.id, hash: head.from.tree, packed },
      },
    };
    return { staged, moved: this.#objects.moved };
  }

  /** Only now it is known that the spare is of no use. */
  #requireGain(): void {
    if (this.#context.config.delta === "always") return;
    throw new IntegrityError("It is not known what the spare holds");
  }

  #lookAtBase({ id }: Base, text: TreeText): KnownFolder {
    const record = readRecord(recordPaths(this.#pkg, id));
    return new KnownFolder(this.#pkg.revisionPath(id), parseSafe(text.bytes), record);
  }

  /** Undefined if it is not known what it holds: what is kept of it, or in S3, is missing or damaged. */
  async #lookAtSpare(spare: Spare, next: NextTree): Promise<KnownSpare | undefined> {
    const { sha256, tree: hash } = spare.state;
    const record = readRecord(spare.records);
    if (record === undefined || sha256 === undefined) return undefined;
    const base = { id: spare.id, state: { ...spare.state, sha256 } };
    try {
      const found = await this.#trees.of(base, spare.records, hash);
      if (found === undefined) return undefined;
      const { tree, matches } = readLike(found.text, next);
      const folder = new KnownFolder(spare.path, tree, record);
      return folder.isRecorded ? { spare, folder, matches } : undefined;
    } catch (error) {
      // The base may serve all the same.
      if (!(error instanceof IntegrityError)) throw error;
      return undefined;
    }
  }

  /** Lets others work after some time, and makes sure that the disk does not become full. */
  #breather(): () => Promise<void> {
    const { signal } = this.#context;
    let end = performance.now() + STINT;
    return async () => {
      if (performance.now() < end) return;
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      requireReserve(this.#staging.target);
      end = performance.now() + STINT;
    };
  }
}

/** Makes it when it is asked for first. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
