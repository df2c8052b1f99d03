/** Gathers the facts that `planSync` decides by, from the machine and from S3. */
import { type Effective, effective, stagedIn } from "../plan/effective.ts";
import { holdInForce } from "../plan/hold.ts";
import {
  isHaltBelieved,
  knowledgeOf,
  type Marks,
  NOTHING_KNOWN,
  type RolloutKnowledge,
} from "../plan/marks.ts";
import type { Config } from "../config.ts";
import type { MachineIdentity } from "../plan/clone.ts";
import { planSync, type SyncFacts } from "../plan/sync.ts";
import { type PointerState, pointerStateName } from "../revision/pointer.ts";
import type { RevisionId } from "../revision/names.ts";
import { rolloutName } from "../revision/rollout.ts";
import { readLink } from "./links.ts";
import { OWN_NAMES, type PackageDir } from "./package_dir.ts";
import { postSyncOf } from "./state.ts";
import { blessingOf, readHold } from "./jump/hold.ts";
import { readJournal, revisionsOf } from "./jump/journal.ts";
import { type Quarantine, quarantinedUnder, readQuarantines } from "./jump/quarantine.ts";
import { readPause } from "./pause_file.ts";
import { readRolloutState } from "./rollout_state.ts";

export interface FactsSource {
  /** The package as it is in S3. */
  readonly remote: { readonly revisions: readonly { readonly id: RevisionId }[] };
  readonly pointer: PointerState | undefined;
  readonly me: Pick<MachineIdentity, "machine">;
  readonly config: Pick<Config, "keep" | "groups">;
  /** Treats a hold as dropped, and a quarantine as ended. */
  readonly follow: boolean;
  /** Whether the package is a copy from another machine: its holds and quarantines do not count here. */
  readonly isCopy?: boolean;
  /** Unix milliseconds. A pause may end by itself. */
  readonly now: number;
  /** What the marks of the rollout told. Undefined if they were not listed: see `asksMarks`. */
  readonly marks?: RolloutKnowledge | undefined;
  /**
   * The names in FTL's own folder at this moment, if known. With them, missing files need no look at the disk.
   */
  readonly own?: ReadonlySet<string>;
}

export interface GatheredFacts {
  readonly facts: SyncFacts;
  /** What this machine is to take as blessed. Undefined if nothing is blessed. */
  readonly effective: Effective | undefined;
}

export function gatherFacts(pkg: PackageDir, source: FactsSource): GatheredFacts {
  const { remote, pointer, config, follow, isCopy = false, now, own } = source;
  const active = readLink(pkg, "current");
  const has = (name: keyof typeof OWN_NAMES): boolean =>
    !isCopy && (own?.has(OWN_NAMES[name]) ?? true);
  const jump = has("journal") ? readJournal(pkg) : undefined;
  const hold = !follow && has("hold") ? readHold(pkg, active) : undefined;
  const bad = !follow && has("quarantine") ? readQuarantines(pkg) : [];
  const marks = source.marks ?? (has("rollout") ? rememberedMarks(pkg, source) : NOTHING_KNOWN);
  const here = { active, local: pkg.revisions(own), bad, marks };
  const chosen = pointer && chooseEffective(pkg, { ...source, pointer }, here);
  return {
    effective: chosen,
    facts: {
      remote: remote.revisions.map(({ id }) => id),
      local: new Map(here.local.map((id) => [id, postSyncOf(pkg, id)])),
      blessed: chosen?.blessed,
      replaced: chosen?.replaced,
      candidate: chosen?.candidate?.id,
      active,
      previous: readLink(pkg, "previous"),
      // A rollout ends no hold: the hold is compared with what the pointer itself says.
      hold: holdInForce({ hold, active, ...blessingOf(pointer) }) ? hold : undefined,
      quarantined: quarantinedUnder(bad, chosen?.blessing),
      isPaused: readPause(pkg, now) !== undefined,
      jumping: jump === undefined ? [] : revisionsOf(jump),
      keep: config.keep,
    },
  };
}

/**
 * Whether only the marks of the rollout decide if the candidate is activated: all else is ready. A machine that runs
 * nothing asks before it fetches anything, as it is to run only one of the two.
 */
export function asksMarks(pkg: PackageDir, source: FactsSource): boolean {
  if (gatherFacts(pkg, source).effective?.waiting?.reason !== "marks unknown") return false;
  const marks = { halted: false, turn: "have" } as const;
  const { facts } = gatherFacts(pkg, { ...source, marks });
  const { activate } = planSync(facts);
  if (activate === undefined || activate !== facts.candidate) return false;
  return facts.active === undefined || facts.local.get(activate) === "ok";
}

/**
 * The facts by which a sync would decide, with the marks if they alone decide. `list` may fail by returning undefined.
 * Writes nothing.
 */
export async function gatherFactsAsking(
  pkg: PackageDir,
  source: FactsSource,
  list: (rollout: number) => Promise<Marks | undefined>,
): Promise<GatheredFacts> {
  const staged = stagedIn(source.pointer);
  const marks = staged && asksMarks(pkg, source) ? await list(staged.rollout.id) : undefined;
  if (staged === undefined || marks === undefined) return gatherFacts(pkg, source);
  const { rollout } = staged;
  const state = source.isCopy ? undefined : readRolloutState(pkg, rollout.id);
  const own = state?.outcome === undefined ? state?.turn : undefined;
  const runsNothing = readLink(pkg, "current") === undefined;
  const known = knowledgeOf(marks, { rollout, own, runsNothing });
  return gatherFacts(pkg, { ...source, marks: known });
}

/** A halt that was found before. Everything else may have changed since. */
function rememberedMarks(pkg: PackageDir, { pointer, now }: FactsSource): RolloutKnowledge {
  const staged = stagedIn(pointer);
  if (pointer === undefined || staged?.rollout.halt === undefined) return NOTHING_KNOWN;
  const halt = readRolloutState(pkg, staged.rollout.id)?.halt;
  const isHalted = isHaltBelieved(halt, { pointer: pointerStateName(pointer), now });
  return isHalted ? { ...NOTHING_KNOWN, halted: true } : NOTHING_KNOWN;
}

function chooseEffective(
  pkg: PackageDir,
  { remote, pointer, me: { machine }, config: { groups }, now }: FactsSource & {
    readonly pointer: PointerState;
  },
  { active, local, bad, marks }: {
    readonly active: RevisionId | undefined;
    readonly local: readonly RevisionId[];
    readonly bad: readonly Quarantine[];
    readonly marks: RolloutKnowledge;
  },
): Effective {
  const { next, rollout } = pointer;
  const isNext = (id: RevisionId): boolean => id === next?.id;
  return effective(pointer, {
    package: pkg.name,
    machine,
    groups,
    active,
    now,
    has: local.some(isNext) || remote.revisions.some(({ id }) => isNext(id)),
    quarantined: [...quarantinedUnder(bad, rollout && rolloutName(rollout))].some(isNext),
    ...marks,
  });
}
