/**
 * One package from the view of a sync: the state in S3, the state of the machine, and the plan that follows.
 */
import type { Config } from "../../config.ts";
import type { FtlError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Effective } from "../../plan/effective.ts";
import { planSync, type SyncPlan } from "../../plan/sync.ts";
import { readJournal } from "../../machine/jump/journal.ts";
import { isReady } from "../../machine/jump/ready.ts";
import { readLink } from "../../machine/links.ts";
import { OWN_NAMES, type PackageDir } from "../../machine/package_dir.ts";
import {
  readOwner,
  readPointerState,
  writeLastListing,
  writePointerState,
} from "../../machine/state.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { blessedNotActive } from "./blessed_check.ts";
import { gatherFacts } from "../../machine/facts.ts";
import { fetchPackageListing, type RemoteRevision } from "../../catalog/remote_package.ts";
import { isSamePointer, type PointerState } from "../../revision/pointer.ts";
import { pollPointerState } from "../../catalog/pointer.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { isPollEnough } from "../../plan/poll.ts";
import { pointerKey } from "../../revision/keys.ts";
import type { Polls } from "./polls.ts";
import { type Seen, seenByListing } from "./seen.ts";
import { type MachineIdentity, type Origin, originOf } from "../../plan/clone.ts";
import { holdInForce } from "../../plan/hold.ts";
import type { RevisionId } from "../../revision/names.ts";
import { type Quarantine, quarantineInForce } from "../../machine/jump/quarantine.ts";
import { blessingOf, readHold } from "../../machine/jump/hold.ts";

export interface ViewSetting {
  readonly bucket: Bucket;
  readonly config: Config;
  /** Treats a hold as dropped, and a quarantine as ended. */
  readonly follow: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** What the machine knew of S3 before S3 was asked. Another sync may have asked later. */
  readonly remembered: PointerState | undefined;
  readonly listings: Listings;
  /** How the sync polls. Undefined: it lists each package. */
  readonly polls: Polls | undefined;
  readonly me: MachineIdentity;
}

export class PackageView {
  readonly #pkg: PackageDir;
  readonly #setting: ViewSetting;
  #seen: Seen;
  #remembered: PointerState | undefined;
  #isFresh: boolean;
  #plan: SyncPlan | undefined;
  /** As of the plan. */
  #effective: Effective | undefined;
  /** Whose package it was at the time of the plan. */
  #origin: Origin = "same";
  /** The names in FTL's folder at the time of the plan. */
  #own: ReadonlySet<string> = new Set();

  private constructor(pkg: PackageDir, setting: ViewSetting, seen: Seen) {
    this.#pkg = pkg;
    this.#setting = setting;
    this.#seen = seen;
    this.#remembered = setting.remembered;
    this.#isFresh = seen.listed !== undefined && !setting.listings.areShared;
  }

  /** Asks S3: by a listing, or only for the pointer if `src/plan/poll.ts` says that this is enough. */
  static async open(pkg: PackageDir, setting: ViewSetting): Promise<PackageView> {
    const { bucket, listings, polls, me } = setting;
    // On a copy it is what the other machine saw.
    const isCopy = originOf(readOwner(pkg), me) === "copy";
    const listing = isCopy ? undefined : polls?.listings.get(pkg.name);
    const pointer = listing && await pollPointerState(bucket, pkg.name);
    if (listing !== undefined && pointer !== undefined) {
      const { ids } = listing;
      const view = new PackageView(pkg, setting, { listed: undefined, ids, pointer });
      if (isPollEnough(view.plan())) return view;
    }
    const listed = await listings.of(pkg.name);
    const seen = await seenByListing(bucket, listed, pointer ?? readPointerState(pkg));
    return new PackageView(pkg, setting, seen);
  }

  /** Whether the package was listed for this view alone. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** If S3 cannot be asked, the view stays unchanged. */
  async lookAgain(): Promise<void> {
    const { bucket } = this.#setting;
    const remembered = readPointerState(this.#pkg);
    const listed = await fetchPackageListing(bucket, this.#pkg.name);
    this.#seen = await seenByListing(bucket, listed, readPointerState(this.#pkg));
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

  /** What this machine is to take as blessed. Undefined if nothing is blessed. */
  get effective(): Effective | undefined {
    this.plan();
    return this.#effective;
  }

  get blessed(): RevisionId | undefined {
    return this.effective?.blessed;
  }

  /** The quarantine that keeps this machine from the blessed revision, or from the candidate of a rollout. */
  get quarantine(): Quarantine | undefined {
    const { quarantined, heldBy } = this.plan();
    const { pointer } = this.#seen;
    const isBad = quarantined !== undefined ||
      (heldBy === undefined && this.#effective?.waiting?.reason === "quarantined");
    return isBad && pointer !== undefined ? quarantineInForce(this.#pkg, pointer) : undefined;
  }

  remoteRevision(id: RevisionId): RemoteRevision | undefined {
    return this.#seen.listed?.revisions.find((found) => found.id === id);
  }

  /** The plan is made once, and again after `changed`. */
  plan(): SyncPlan {
    if (this.#plan !== undefined) return this.#plan;
    const { config, follow, me } = this.#setting;
    const now = this.#setting.now();
    const { ids, pointer, listed } = this.#seen;
    const remote = { revisions: ids.map((id) => ({ id })) };
    const own = this.#pkg.ownNames();
    this.#own = own;
    this.#origin = originOf(readOwner(this.#pkg), me);
    const isCopy = this.#origin === "copy";
    const source = { remote, pointer, me, config, follow, isCopy, now, own };
    const { facts, effective } = gatherFacts(this.#pkg, source);
    this.#effective = effective;
    const plan = planSync(facts);
    // A removal needs a listing of now.
    this.#plan = listed === undefined ? { ...plan, remove: [] } : plan;
    return this.#plan;
  }

  /** The machine has changed: the next plan is made anew. */
  changed(): void {
    this.#plan = undefined;
  }

  /** Whether the revision is here and prepared. */
  isReady(id: RevisionId): boolean {
    return isReady(this.#pkg, id);
  }

  /**
   * Whether there is a hold that has ended. It must not take effect again when the same revision is blessed
   * again.
   */
  get hasStaleHold(): boolean {
    if (!this.#has("hold")) return false;
    const active = readLink(this.#pkg, "current");
    const hold = readHold(this.#pkg, active);
    return hold !== undefined && !holdInForce({ hold, active, ...blessingOf(this.#seen.pointer) });
  }

  /** Whether a killed command left an unfinished jump. */
  get hasUnfinishedJump(): boolean {
    return this.#has("journal") && readJournal(this.#pkg) !== undefined;
  }

  /** Whether the package is not known as this machine's yet. */
  get hasNewOwner(): boolean {
    this.plan();
    return this.#origin === "new" || this.#origin === "copy";
  }

  /** Whether FTL's folder has that file. Checked anew after `changed`. */
  #has(name: keyof typeof OWN_NAMES): boolean {
    this.plan();
    return this.#own.has(OWN_NAMES[name]);
  }

  /** Whether the machine does not remember the present blessing yet. */
  get isNews(): boolean {
    return !isSamePointer(this.#seen.pointer, this.#remembered);
  }

  /**
   * Stores which revision is blessed. Call it under the package's lock. If another sync has looked at S3 in
   * between, its answer counts: the older one would undo that sync's jump.
   */
  async remember(): Promise<void> {
    if (!isSamePointer(readPointerState(this.#pkg), this.#remembered)) await this.lookAgain();
    const { pointer } = this.#seen;
    if (this.isNews) writePointerState(this.#pkg, pointer);
    this.#remembered = pointer;
    faultPoint("pointer-remembered");
  }

  /**
   * Stores the listing for the next syncs to plan by, if this sync has one and polls. It is not
   * stored where a poll would find no `.rev`, or where so many packages share it that none will poll.
   */
  rememberListing(): void {
    const { listed, ids } = this.#seen;
    const { listings, polls } = this.#setting;
    if (listed === undefined || polls === undefined) return;
    const { name } = this.#pkg;
    const isShared = listings.isShared(name);
    const isOfUse = listed.pointer?.key === pointerKey(name) && (!isShared || polls.mayShare);
    writeLastListing(this.#pkg, isOfUse ? { at: polls.begun, ids, isShared } : undefined);
  }

  /** Undefined if the blessed revision is active, or if a hold, a quarantine, a pause or S3 prevents that. */
  whyNotActive(given: { ranScripts: boolean }): FtlError | undefined {
    const why = this.blessed && blessedNotActive(this.#pkg, this.blessed, given);
    if (!why) return undefined;
    this.changed();
    const { heldBy, missing, quarantined, paused } = this.plan();
    const reason = heldBy ?? missing ?? quarantined ?? paused;
    return reason === undefined ? why : undefined;
  }
}
