/**
 * One package from the view of a sync: the state in S3, the state of the machine, and the plan that follows.
 */
import type { Config } from "../../config.ts";
import { faultPoint } from "../../fault_point.ts";
import { type Effective, type Staged, stagedIn } from "../../plan/effective.ts";
import type { RolloutKnowledge } from "../../plan/marks.ts";
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
import { asksMarks, type FactsSource, gatherFacts } from "../../machine/facts.ts";
import { fetchPackageListing, type RemoteRevision } from "../../catalog/remote_package.ts";
import { isSamePointer, type PointerState } from "../../revision/pointer.ts";
import { pollPointerState } from "../../catalog/pointer.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { isPollEnough } from "../../plan/poll.ts";
import type { Polls } from "./polls.ts";
import { listingOfUse, type Seen, seenByListing } from "./seen.ts";
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
  /** What the marks of the rollout told since S3 was looked at. */
  #marks: RolloutKnowledge | undefined;

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
    const listing = polls?.listings.get(pkg.name);
    // On a copy it is what the other machine saw.
    const mayPoll = listing !== undefined && originOf(readOwner(pkg), me) !== "copy";
    const pointer = mayPoll ? await pollPointerState(bucket, pkg.name) : undefined;
    if (listing !== undefined && pointer !== undefined) {
      const { ids } = listing;
      const view = new PackageView(pkg, setting, { listed: undefined, ids, pointer });
      const isMissing = view.effective?.waiting?.reason === "missing";
      if (isPollEnough(view.plan()) && !isMissing) return view;
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
    const remembered = readPointerState(this.#pkg);
    const listed = await fetchPackageListing(this.#setting.bucket, this.#pkg.name);
    this.#seen = await seenByListing(this.#setting.bucket, listed, readPointerState(this.#pkg));
    this.#remembered = remembered;
    this.#isFresh = true;
    this.learnMarks(undefined);
  }

  /** What this machine is to take as blessed. Undefined if nothing is blessed. */
  get effective(): Effective | undefined {
    this.plan();
    return this.#effective;
  }

  get blessed(): RevisionId | undefined {
    return this.effective?.blessed;
  }

  get pointer(): PointerState | undefined {
    return this.#seen.pointer;
  }

  /** The rollout that is under way. */
  get staged(): Staged | undefined {
    return stagedIn(this.pointer);
  }

  /** Whether only the marks of the rollout decide if its candidate is activated. */
  get asksMarks(): boolean {
    this.plan();
    return asksMarks(this.#pkg, this.#source());
  }

  get marks(): RolloutKnowledge | undefined {
    return this.#marks;
  }

  /** Stores what the marks told, or that they are to be listed again. */
  learnMarks(marks: RolloutKnowledge | undefined): void {
    this.#marks = marks;
    this.changed();
  }

  /** The quarantine that keeps this machine from the blessed revision, or from the candidate of a rollout. */
  get quarantine(): Quarantine | undefined {
    const { quarantined, heldBy } = this.plan();
    const isBad = quarantined !== undefined ||
      (heldBy === undefined && this.#effective?.waiting?.reason === "quarantined");
    return isBad && this.pointer ? quarantineInForce(this.#pkg, this.pointer) : undefined;
  }

  remoteRevision(id: RevisionId): RemoteRevision | undefined {
    return this.#seen.listed?.revisions.find((found) => found.id === id);
  }

  /** The plan is made once, and again after `changed`. */
  plan(): SyncPlan {
    if (this.#plan !== undefined) return this.#plan;
    this.#own = this.#pkg.ownNames();
    this.#origin = originOf(readOwner(this.#pkg), this.#setting.me);
    const { facts, effective } = gatherFacts(this.#pkg, this.#source());
    this.#effective = effective;
    const plan = planSync(facts);
    // A removal needs a listing of now.
    this.#plan = this.#seen.listed === undefined ? { ...plan, remove: [] } : plan;
    return this.#plan;
  }

  /** Call it after whose package it is, and what FTL's folder has, was looked up. */
  #source(): FactsSource {
    const { config, follow, me, now } = this.#setting;
    const { ids, pointer } = this.#seen;
    return {
      remote: { revisions: ids.map((id) => ({ id })) },
      ...{ pointer, me, config, follow, marks: this.#marks },
      isCopy: this.#origin === "copy",
      now: now(),
      own: this.#own,
    };
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

  /** Whether a rollout is remembered: the one that is under way, or another one. */
  get hasRolloutState(): boolean {
    return this.#has("rollout");
  }

  /** Whether the package was copied from another machine, and is not this one's yet. */
  get isCopy(): boolean {
    this.plan();
    return this.#origin === "copy";
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
    if (this.isNews) writePointerState(this.#pkg, this.pointer);
    this.#remembered = this.pointer;
    faultPoint("pointer-remembered");
  }

  /** Stores the listing for the next syncs to plan by, if this sync has one and polls. */
  rememberListing(): void {
    const { listings, polls } = this.#setting;
    if (this.#seen.listed === undefined || polls === undefined) return;
    writeLastListing(this.#pkg, listingOfUse(this.#seen, { pkg: this.#pkg, listings, polls }));
  }
}
