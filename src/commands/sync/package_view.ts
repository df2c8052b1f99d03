/**
 * One package from the view of a sync: the state in S3, the state of the machine, and the plan that follows.
 */
import type { FtlError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import { planSync, type SyncPlan } from "../../plan/sync.ts";
import { readJournal } from "../../machine/jump/journal.ts";
import { readLink } from "../../machine/links.ts";
import { OWN_NAMES, type PackageDir } from "../../machine/package_dir.ts";
import { postSyncOf, readPointerState, writePointerState } from "../../machine/state.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { blessedNotActive } from "./blessed_check.ts";
import { gatherFacts } from "../../machine/facts.ts";
import {
  fetchPackageListing,
  type RemotePackage,
  type RemoteRevision,
} from "../../catalog/remote_package.ts";
import type { PointerState } from "../../revision/pointer.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import { holdInForce } from "../../plan/hold.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readHold } from "../../machine/jump/hold.ts";

export interface ViewSetting {
  readonly bucket: Bucket;
  /** `FTL_KEEP`. */
  readonly keep: number;
  /** Treats a hold as dropped. */
  readonly follow: boolean;
  /** What the machine knew of S3 before S3 was asked. Another sync may have asked later. */
  readonly remembered: PointerState | undefined;
  /** Whether the listing may be older than the sync lock. */
  readonly isShared: boolean;
}

export class PackageView {
  readonly #pkg: PackageDir;
  readonly #setting: ViewSetting;
  #remote: RemotePackage;
  #pointer: PointerState | undefined;
  #remembered: PointerState | undefined;
  #isFresh: boolean;
  #plan: SyncPlan | undefined;
  /** The names in FTL's folder at the time of the plan. */
  #own: ReadonlySet<string> = new Set();

  private constructor(
    pkg: PackageDir,
    setting: ViewSetting,
    { remote, pointer }: { remote: RemotePackage; pointer: PointerState | undefined },
  ) {
    this.#pkg = pkg;
    this.#setting = setting;
    this.#remote = remote;
    this.#pointer = pointer;
    this.#remembered = setting.remembered;
    this.#isFresh = !setting.isShared;
  }

  /** @param remote the package's listing */
  static async open(
    pkg: PackageDir,
    setting: ViewSetting,
    remote: RemotePackage,
  ): Promise<PackageView> {
    const pointer = await fetchPointerState(setting.bucket, remote, readPointerState(pkg));
    return new PackageView(pkg, setting, { remote, pointer });
  }

  /** Whether the package was listed for this view alone. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** If S3 cannot be asked, the view stays unchanged. */
  async lookAgain(): Promise<void> {
    const { bucket } = this.#setting;
    const remembered = readPointerState(this.#pkg);
    const remote = await fetchPackageListing(bucket, this.#pkg.name);
    const pointer = await fetchPointerState(bucket, remote, readPointerState(this.#pkg));
    this.#remote = remote;
    this.#pointer = pointer;
    this.#remembered = remembered;
    this.#isFresh = true;
    this.changed();
  }

  /** Changes when another command has changed the local revisions, or has learnt what is blessed. */
  get trace(): string {
    const [pointer, current] = [
      readPointerState(this.#pkg)?.version,
      readLink(this.#pkg, "current"),
    ];
    return [pointer, current, ...this.#pkg.revisions()].join(" ");
  }

  get blessed(): RevisionId | undefined {
    return this.#pointer?.blessed;
  }

  remoteRevision(id: RevisionId): RemoteRevision | undefined {
    return this.#remote.revisions.find((found) => found.id === id);
  }

  /** The plan is made once, and again after `changed`. */
  plan(): SyncPlan {
    if (this.#plan !== undefined) return this.#plan;
    const { keep, follow } = this.#setting;
    const [remote, pointer, own] = [this.#remote, this.#pointer, this.#pkg.ownNames()];
    this.#own = own;
    this.#plan = planSync(gatherFacts(this.#pkg, { remote, pointer, keep, follow, own }));
    return this.#plan;
  }

  /** The machine has changed: the next plan is made anew. */
  changed(): void {
    this.#plan = undefined;
  }

  /** Whether the revision is here and prepared. */
  isReady(id: RevisionId): boolean {
    return this.#pkg.has(id) && postSyncOf(this.#pkg, id) === "ok";
  }

  /**
   * Whether there is a hold that has ended. It must not take effect again when the same revision is blessed
   * again.
   */
  get hasStaleHold(): boolean {
    if (!this.#has("hold")) return false;
    const active = readLink(this.#pkg, "current");
    const hold = readHold(this.#pkg, active);
    const { blessed, version } = this.#pointer ?? {};
    return hold !== undefined && !holdInForce({ hold, active, blessed, version });
  }

  /** Whether a killed command left an unfinished jump. */
  get hasUnfinishedJump(): boolean {
    return this.#has("journal") && readJournal(this.#pkg) !== undefined;
  }

  /** Whether FTL's folder has that file. Checked anew after `changed`. */
  #has(name: keyof typeof OWN_NAMES): boolean {
    this.plan();
    return this.#own.has(OWN_NAMES[name]);
  }

  /** Whether the machine does not remember the present blessing yet. */
  get isNews(): boolean {
    return this.#pointer?.version !== this.#remembered?.version;
  }

  /**
   * Stores which revision is blessed. Call it under the package's lock. If another sync has looked at S3 in
   * between, its answer counts: the older one would undo that sync's jump.
   */
  async remember(): Promise<void> {
    if (readPointerState(this.#pkg)?.version !== this.#remembered?.version) await this.lookAgain();
    if (this.isNews) writePointerState(this.#pkg, this.#pointer);
    this.#remembered = this.#pointer;
    faultPoint("pointer-remembered");
  }

  /** Undefined if the blessed revision is active, or if a hold or S3 prevents that. */
  whyNotActive(given: { ranScripts: boolean }): FtlError | undefined {
    const why = this.blessed && blessedNotActive(this.#pkg, this.blessed, given);
    if (!why) return undefined;
    this.changed();
    const { heldBy, missing } = this.plan();
    return heldBy !== undefined || missing !== undefined ? undefined : why;
  }
}
