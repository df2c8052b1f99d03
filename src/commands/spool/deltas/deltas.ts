/**
 * What a spool puts beside the new revision, so that machines need not download all of it: its tree, and a patch for
 * each revision that they are likely to have. It is there before the revision is. None of it is needed, so nothing of
 * it fails a spool.
 */
import type { EntryWatcher } from "../../../archive/check.ts";
import { formatTree, hashTree, parseTree, type RevisionTree } from "../../../archive/tree/tree.ts";
import { TreeText } from "../../../archive/tree/tree_text.ts";
import { TreeTaker } from "../../../archive/tree/tree_taker.ts";
import type { Bucket } from "../../../bucket/bucket.ts";
import { putPatch, putTree } from "../../../catalog/delta/objects.ts";
import type { RemotePackage } from "../../../catalog/remote_package.ts";
import type { Context } from "../../../context.ts";
import { IntegrityError, messageOf } from "../../../errors.ts";
import { faultPoint } from "../../../fault_point.ts";
import { askForCollection } from "../../../garbage.ts";
import { patchKey, treeKey } from "../../../revision/keys.ts";
import {
  type Revision,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../../../revision/names.ts";
import type { FileSource } from "../../../transfer/upload/file_source.ts";
import type { UploadPlan } from "../upload.ts";
import { type Base, findBases } from "./bases.ts";
import { BoundedStore } from "./bounded_store.ts";
import { extraTime, LimitedTime } from "./limited_time.ts";
import { makeDelta, type NextRevision } from "./make_delta.ts";
import { isDenied, PutObjects, withAdvice } from "./put_objects.ts";

/** A patch that was put into S3. */
export interface SpooledDelta {
  /** The revision that it is for. */
  readonly from: RevisionName;
  /** Bytes that a machine downloads that has it. */
  readonly bytes: number;
}

/** The file that is spooled, as the check found it. */
export interface SpooledContent {
  readonly sha256: string;
  /** Bytes of the object. */
  readonly size: number;
  readonly bytes: number;
  readonly entries: number;
}

interface TakenTree {
  /** Undefined if there is no base: only a patch needs more than the text. */
  readonly tree: RevisionTree | undefined;
  readonly text: Uint8Array;
  readonly hash: string;
}

export class SpoolDeltas implements Disposable {
  readonly #context: Context;
  readonly #bucket: Bucket;
  readonly #warn: (message: string) => void;
  readonly #kept = new BoundedStore();
  #bases: readonly Base[] = [];
  #taker: TreeTaker | undefined;
  #taken: TakenTree | undefined;
  /** For the revision that was tried last. */
  #put: PutObjects | undefined;
  #made: SpooledDelta[] = [];
  #why: string | undefined;
  /** What a person has been told of. */
  #told: unknown;
  /** When the upload began and when all its bytes had arrived, by `performance.now()`. */
  #began = 0;
  #arrived: number | undefined;
  #time: LimitedTime | undefined;

  private constructor(context: Context, bucket: Bucket, warn: (message: string) => void) {
    this.#context = context;
    this.#bucket = bucket;
    this.#warn = warn;
  }

  /** Call it before the check, which must have `watcher`. Waits some seconds for S3 at most. */
  static async begin(
    context: Context,
    bucket: Bucket,
    { remote, warn }: {
      readonly remote: RemotePackage;
      readonly warn: (message: string) => void;
    },
  ): Promise<SpoolDeltas> {
    const deltas = new SpoolDeltas(context, bucket, warn);
    const { signal } = context;
    // Who may list only a package is refused also a tree that is not there, so that this is no news.
    const onFailure = (error: unknown): void => {
      if (isDenied(error)) deltas.#note(messageOf(error));
      else deltas.#tell(error);
    };
    deltas.#bases = await findBases(bucket, remote, { signal, onFailure });
    // What reading the trees has left over is as large as they are.
    if (deltas.#bases.length > 0) askForCollection();
    const known = deltas.#bases.map(({ text }) => text.contents());
    const keep = (sha256: string): boolean => known.some((contents) => !contents.has(sha256));
    // Without a base nothing is kept, and nothing written to the disk.
    deltas.#taker = new TreeTaker(known.length === 0 ? {} : { keep, store: deltas.#kept });
    return deltas;
  }

  /** Takes the tree of the archive that is checked. */
  get watcher(): EntryWatcher {
    if (this.#taker === undefined) throw new Error("it has not begun");
    return this.#taker;
  }

  /** SHA-256 of the tree's text. Call it after the check. Undefined if the tree is too large. */
  get tree(): string | undefined {
    return this.#tree()?.hash;
  }

  /** What a revision holds. Undefined unless it is the newest or the blessed one, and S3 has its tree. */
  treeOf = (id: RevisionId): RevisionTree | undefined => {
    const base = this.#bases.find(({ remote }) => remote.id === id);
    try {
      return base && parseTree(base.text.bytes);
    } catch {
      return undefined;
    }
  };

  /** The patches in S3. */
  get made(): readonly SpooledDelta[] {
    return this.#made;
  }

  /** Why there is no patch, in words. Undefined if there is one, or nothing to make one for. */
  get why(): string | undefined {
    return this.#made.length > 0 ? undefined : this.#why;
  }

  /** Whether S3 lets nothing be put beside the revision, and a person has been told. */
  get isDenied(): boolean {
    return isDenied(this.#told) && this.#told.action === "s3:PutObject";
  }

  /**
   * What an upload of the revision does besides: all is put before it is visible, in little more time than it takes. If
   * there is one part, the upload begins only when all of this is done.
   */
  besideUpload(
    revision: Revision,
    { key, sha256, size, parts }:
      & Pick<UploadPlan, "key">
      & Pick<SpooledContent, "sha256" | "size">
      & Pick<FileSource, "parts">,
  ): Pick<UploadPlan, "afterCheck" | "earlyConcurrency" | "onProgress"> {
    // An id that was tried before is taken: what lies there is beside a revision now, whoever has put it.
    [this.#put, this.#made] = [new PutObjects(this.#bucket, key), []];
    this.#began = performance.now();
    this.#arrived = parts.length > 1 ? undefined : this.#began;
    return {
      ...(this.#bases.length > 0 ? { earlyConcurrency: 1 } : {}), // their trees are in memory, too
      afterCheck: (checked, signal) => this.#putAll(revision, { ...checked, sha256, size }, signal),
      onProgress: (done) => {
        if (done < size || this.#arrived !== undefined) return;
        this.#arrived = performance.now();
        this.#limit();
      },
    };
  }

  /**
   * Puts the tree and the patches. Throws only the reason of an abort.
   *
   * @param signal ends it, if the upload fails
   */
  async #putAll(revision: Revision, content: SpooledContent, signal: AbortSignal): Promise<void> {
    const taken = this.#tree();
    if (taken === undefined) return this.#note("it has too many entries");
    using time = new LimitedTime(signal);
    this.#time = time;
    this.#limit();
    const { tree, text } = taken;
    const facts = { ...content, tree: taken.hash };
    try {
      await this.#put?.put(treeKey(revision), () => {
        return putTree(this.#bucket, revision, { facts, text, signal: time.signal });
      });
      faultPoint("tree-put");
      if (tree === undefined) return;
      const next = { revision, facts, tree, text: new TreeText(text), kept: this.#kept };
      for (const base of this.#bases) await this.#putPatch(base, next, time.signal);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      signal.throwIfAborted();
      if (time.isOver) this.#note("it took much longer than the upload");
      else this.#tell(error);
    } finally {
      this.#time = undefined;
    }
  }

  /** Removes what was put, as the revision does not come. */
  async drop(): Promise<void> {
    this.#made = [];
    await this.#put?.drop();
  }

  [Symbol.dispose](): void {
    this.#kept[Symbol.dispose]();
  }

  async #putPatch(base: Base, next: NextRevision, signal: AbortSignal): Promise<void> {
    const made = await makeDelta(this.#context, this.#bucket, { base, next, signal })
      .catch((error): undefined => {
        if (!(error instanceof IntegrityError)) throw error;
        // Something is wrong with this base. Another one may have a patch all the same.
        this.#tell(error);
      });
    if (made === undefined || "why" in made) return this.#note(made?.why);
    const [{ bytes }, { revision }] = [made, next];
    const key = patchKey(revision, base.remote.id);
    await this.#put?.put(key, () => {
      return putPatch(this.#bucket, revision, { base: base.remote.id, bytes, signal });
    });
    this.#made.push({ from: revisionName(base.remote), bytes: bytes.length });
  }

  #limit(): void {
    if (this.#arrived === undefined) return;
    this.#time?.endIn(extraTime(this.#arrived - this.#began));
  }

  #tree(): TakenTree | undefined {
    if (this.#taken !== undefined) return this.#taken;
    const tree = this.#taker?.tree();
    if (tree === undefined) return undefined;
    const [text, isNeeded] = [formatTree(tree), this.#bases.length > 0];
    return this.#taken = { tree: isNeeded ? tree : undefined, text, hash: hashTree(text) };
  }

  #note(why: string | undefined): void {
    this.#why ??= why;
  }

  /** A person is told once: the other failures have the same reason. */
  #tell(error: unknown): void {
    const text = `Machines will download the whole revision: ${withAdvice(error)}`;
    if (this.#told === undefined) this.#warn(text);
    this.#told ??= error;
    this.#note(messageOf(error));
  }
}
