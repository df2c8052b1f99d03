/** One package as a sync sees it: what S3 says, what the machine has, and what follows from both. */
import type { FtlError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import { planSync, type SyncPlan } from "../../plan/sync.ts";
import { JOURNAL_FILE, readJournal } from "../../machine/jump/journal.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { postSyncOf, readPointerState, writePointerState } from "../../machine/state.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { blessedNotActive } from "./blessed_check.ts";
import { gatherFacts } from "../../machine/facts.ts";
import {
  fetchPackageListing,
  type RemotePackage,
  type RemoteRevision,
} from "../../catalog/listing.ts";
import type { PointerState } from "../../revision/pointer.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import { holdInForce } from "../../plan/hold.ts";
import type { RevisionId } from "../../revision/names.ts";
import { HOLD_FILE, readHold } from "../../machine/jump/hold.ts";

export interface ViewSetting {
  readonly bucket: Bucket;
  /** `FTL_KEEP`. */
  readonly keep: number;
  /** Takes a hold for dropped. */
  readonly follow: boolean;
  /** What the machine remembered of S3 before S3 was asked: another sync may have looked later. */
  readonly remembered: PointerState | undefined;
  /** Whether the listing may be older than the sync lock is held. */
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
  /** The names in FTL's folder when it was made. */
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

  /** Where S3 cannot be asked, the view stays as it was. */
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

  /** Another one once another command has changed what is here, or has learnt what is blessed. */
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

  /** Made once, until `changed` is called. */
  plan(): SyncPlan {
    if (this.#plan !== undefined) return this.#plan;
    const { keep, follow } = this.#setting;
    const [remote, pointer, own] = [this.#remote, this.#pointer, this.#pkg.ownNames()];
    this.#own = own;
    this.#plan = planSync(gatherFacts(this.#pkg, { remote, pointer, keep, follow, own }));
    return this.#plan;
  }

  /** The machine is not as it was: what is planned next, is planned anew. */
  changed(): void {
    this.#plan = undefined;
  }

  /** Whether it is here, and prepared. */
  isReady(id: RevisionId): boolean {
    return this.#pkg.has(id) && postSyncOf(this.#pkg, id) === "ok";
  }

  /** A hold whose time is over: it must not come back to life when the same revision is blessed again. */
  get hasStaleHold(): boolean {
    if (!this.#has(HOLD_FILE)) return false;
    const active = readLink(this.#pkg, "current");
    const hold = readHold(this.#pkg, active);
    const { blessed, version } = this.#pointer ?? {};
    return hold !== undefined && !holdInForce({ hold, active, blessed, version });
  }

  /** Whether a killed command left a jump to be finished. */
  get hasUnfinishedJump(): boolean {
    return this.#has(JOURNAL_FILE) && readJournal(this.#pkg) !== undefined;
  }

  /** A file of FTL's: looked at anew after `changed`. */
  #has(name: string): boolean {
    this.plan();
    return this.#own.has(name);
  }

  /** Whether the machine does not remember yet what is blessed. */
  get isNews(): boolean {
    return this.#pointer?.version !== this.#remembered?.version;
  }

  /**
   * Remembers what is blessed. To be called under the package's lock. Another sync that looked at S3 in
   * between has the last word: to go by the older look would undo its jump.
   */
  async remember(): Promise<void> {
    if (readPointerState(this.#pkg)?.version !== this.#remembered?.version) await this.lookAgain();
    if (this.isNews) writePointerState(this.#pkg, this.#pointer);
    this.#remembered = this.#pointer;
    faultPoint("pointer-remembered");
  }

  /** Undefined where the blessed revision is active, or a hold or S3 keeps it from being so. */
  whyNotActive(given: { ranScripts: boolean }): FtlError | undefined {
    const why = this.blessed && blessedNotActive(this.#pkg, this.blessed, given);
    if (!why) return undefined;
    this.changed();
    const { heldBy, missing } = this.plan();
    return heldBy !== undefined || missing !== undefined ? undefined : why;
  }
}
