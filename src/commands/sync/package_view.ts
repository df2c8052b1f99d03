/**
 * One package from the view of a sync: the state in S3, the state of the machine, and the plan that follows. The file
 * is long because it has all that the steps of a sync ask.
 */
import type { Config } from "../../config.ts";
import { faultPoint } from "../../fault_point.ts";
import { type Effective, type Staged, stagedIn } from "../../plan/effective.ts";
import type { RolloutKnowledge } from "../../plan/marks.ts";
import { planSync, type SyncPlan } from "../../plan/sync.ts";
import { isReady } from "../../machine/jump/ready.ts";
import { type PackageDir } from "../../machine/package_dir.ts";
import {
  readOwner,
  readPointerState,
  writeLastListing,
  writePointerState,
} from "../../machine/state.ts";
import type { PackageTrust, TrustFacts, Untrusted } from "../../machine/trust/package_trust.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import type { Source } from "./fetch.ts";
import { OwnFiles } from "./own_files.ts";
import { asksMarks, type FactsSource, gatherFacts } from "../../machine/facts.ts";
import { fetchPackageListing, type RemoteRevision } from "../../catalog/remote_package.ts";
import { isSamePointer, type PointerState } from "../../revision/pointer.ts";
import { pollPointerState } from "../../catalog/pointer.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { isPollEnough } from "../../plan/poll.ts";
import type { Polls } from "./polls.ts";
import { listingOfUse, type Seen, seenByListing } from "./seen.ts";
import { type MachineIdentity, originOf } from "../../plan/clone.ts";
import type { RevisionId } from "../../revision/names.ts";
import { type Quarantine, quarantineInForce } from "../../machine/jump/quarantine.ts";

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
  /** Undefined: signatures are not looked at. */
  readonly trust: PackageTrust | undefined;
  readonly signal: AbortSignal;
}

export class PackageView {
  readonly #pkg: PackageDir;
  readonly #setting: ViewSetting;
  #seen: Seen;
  #remembered: PointerState | undefined;
  #isFresh: boolean;
  #plan: SyncPlan | undefined;
  /** The plan with what is not trusted. */
  #wanted: SyncPlan | undefined;
  /** As of the plan. */
  #effective: Effective | undefined;
  readonly #own: OwnFiles;
  /** What the marks of the rollout told since S3 was looked at. */
  #marks: RolloutKnowledge | undefined;

  private constructor(pkg: PackageDir, setting: ViewSetting, seen: Seen) {
    this.#pkg = pkg;
    this.#setting = setting;
    this.#own = new OwnFiles(pkg, setting.me);
    this.#seen = seen;
    this.#remembered = setting.remembered;
    this.#isFresh = seen.listed !== undefined && !setting.listings.areShared;
  }

  /** Asks S3: by a listing, or only for the pointer if `src/plan/poll.ts` says that this is enough. */
  static async open(pkg: PackageDir, setting: ViewSetting): Promise<PackageView> {
    const { bucket, listings, polls, me, trust } = setting;
    const judge = trust?.judge;
    const listing = polls?.listings.get(pkg.name);
    // On a copy it is what the other machine saw.
    const mayPoll = listing !== undefined && originOf(readOwner(pkg), me) !== "copy";
    const pointer = mayPoll ? await pollPointerState(bucket, pkg.name, judge) : undefined;
    if (listing !== undefined && pointer !== undefined) {
      const { ids } = listing;
      const view = new PackageView(pkg, setting, { listed: undefined, ids, pointer });
      const isMissing = view.effective?.waiting?.reason === "missing";
      if (isPollEnough(view.plan()) && !isMissing) return view;
    }
    const listed = await listings.of(pkg.name);
    const known = pointer ?? readPointerState(pkg);
    const view = new PackageView(
      pkg,
      setting,
      await seenByListing(bucket, listed, { known, judge }),
    );
    await view.#lookAtSignatures();
    return view;
  }

  /** Whether the package was listed for this view alone. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** If S3 cannot be asked, the view stays unchanged. */
  async lookAgain(): Promise<void> {
    const remembered = readPointerState(this.#pkg);
    const { bucket, trust } = this.#setting;
    const listed = await fetchPackageListing(bucket, this.#pkg.name);
    const known = readPointerState(this.#pkg);
    this.#seen = await seenByListing(bucket, listed, { known, judge: trust?.judge });
    this.#remembered = remembered;
    this.#isFresh = true;
    this.learnMarks(undefined);
    await this.#lookAtSignatures();
  }

  /** Who has signed what the plan would fetch. If S3 does not tell, nobody has. */
  async #lookAtSignatures(): Promise<void> {
    const { trust, signal } = this.#setting;
    if (trust === undefined) return;
    await trust.look(this.#planUnrestricted(), this.#trustFacts, signal);
    this.#plan = undefined;
  }

  get #trustFacts(): TrustFacts {
    return { listed: this.#seen.listed?.revisions ?? [], pointer: this.pointer };
  }

  /** What would be fetched if it were signed. */
  get untrusted(): readonly Untrusted[] {
    if (this.#seen.listed === undefined) return [];
    return this.#setting.trust?.untrustedIn(this.#planUnrestricted(), this.#trustFacts) ?? [];
  }

  /** Whether the revision here is not the one that the pointer names by that name. */
  isForeign(id: RevisionId): boolean {
    return this.#setting.trust?.isForeign(id, this.pointer) ?? false;
  }

  /** What to fetch. Undefined if S3 does not have it. Throws `IntegrityError` if it has not what was signed. */
  async sourceOf(id: RevisionId): Promise<Pick<Source, "remote" | "content"> | undefined> {
    const { trust, bucket } = this.#setting;
    if (trust?.judge.isEnforced) return await trust.sourceOf(id, this.#trustFacts, bucket);
    const remote = this.remoteRevision(id);
    return remote && { remote };
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
    const plan = this.#planUnrestricted();
    this.#plan = this.#setting.trust?.restrict(plan, this.#trustFacts) ?? plan;
    return this.#plan;
  }

  #planUnrestricted(): SyncPlan {
    if (this.#wanted !== undefined) return this.#wanted;
    this.#own.look();
    const { facts, effective } = gatherFacts(this.#pkg, this.#source());
    this.#effective = effective;
    const plan = planSync(facts);
    // A removal needs a listing of now.
    this.#wanted = this.#seen.listed === undefined ? { ...plan, remove: [] } : plan;
    return this.#wanted;
  }

  /** Call it after whose package it is, and what FTL's folder has, was looked up. */
  #source(): FactsSource {
    const { config, follow, me, now } = this.#setting;
    const { ids, pointer } = this.#seen;
    return {
      remote: { revisions: ids.map((id) => ({ id })) },
      ...{ pointer, me, config, follow, marks: this.#marks },
      isCopy: this.#own.isCopy,
      now: now(),
      own: this.#own.names,
    };
  }

  /** The machine has changed: the next plan is made anew. */
  changed(): void {
    this.#plan = undefined;
    this.#wanted = undefined;
  }

  /** Whether the revision is here and prepared. */
  isReady(id: RevisionId): boolean {
    return isReady(this.#pkg, id) && !this.isForeign(id);
  }

  /** What FTL's own folder tells. Looked at anew after `changed`. */
  get own(): OwnFiles {
    this.plan();
    return this.#own;
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
    const { trust } = this.#setting;
    const isOutdated = trust?.isOutdated(this.pointer) ?? false;
    if (isOutdated || !isSamePointer(readPointerState(this.#pkg), this.#remembered)) {
      await this.lookAgain();
    }
    trust?.keep(this.pointer);
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
