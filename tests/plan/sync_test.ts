/** The plan of a sync. The file is long because its table has a case for each line of the truth table. */
import { assertEquals } from "../assert.ts";
import { holdInForce } from "../../src/plan/hold.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { planSync, type PostSync, type SyncFacts, type SyncPlan } from "../../src/plan/sync.ts";
import { anId } from "../names.ts";

/** Ids in the order of their letters. */
const A = anId("aaaaaa");
const B = anId("bbbbbb");
const C = anId("cccccc");
const D = anId("dddddd");
const E = anId("eeeeee");
const F = anId("ffffff");
const G = anId("gggggg");
const ALL = [A, B, C, D, E, F, G];

interface Given extends Omit<Partial<SyncFacts>, "local"> {
  /** Of the pointer. */
  readonly version?: string;
  readonly local?: readonly RevisionId[];
  readonly states?: Readonly<Record<string, PostSync>>;
}

/** A hold counts only if it is in force, as where the facts are gathered. */
function plan({ local = [], states = {}, version = "1", ...facts }: Given): SyncPlan {
  const { hold, blessed, active } = facts;
  const isHeld = holdInForce({ hold, blessed, active, version });
  return planSync({
    remote: [],
    local: new Map(local.map((id) => [id, states[id] ?? "ok"])),
    blessed: undefined,
    replaced: undefined,
    active: undefined,
    previous: undefined,
    keep: 3,
    ...facts,
    hold: isHeld ? hold : undefined,
  });
}

const NOTHING: SyncPlan = {
  fetch: [],
  prepare: [],
  activate: undefined,
  remove: [],
  heldBy: undefined,
  missing: undefined,
  quarantined: undefined,
  paused: undefined,
};

/** B is active, C is blessed and prepared, A is not wanted any more. */
const DUE: Given = { remote: [A, B, C], local: [A, B, C], active: B, blessed: C, replaced: B };
const HELD = { id: B, blessed: C, version: "1" };

const CASES: [sentence: string, given: Given, wanted: Partial<SyncPlan>][] = [
  ["activates what is due", DUE, { activate: C, remove: [A] }],
  [
    "does not activate what is in quarantine, and removes what is not wanted all the same",
    { ...DUE, quarantined: new Set([C]) },
    { quarantined: C, remove: [A] },
  ],
  [
    "activates what is due although another one is in quarantine",
    { ...DUE, quarantined: new Set([B]) },
    { activate: C, remove: [A] },
  ],
  [
    "leaves what is in quarantine active if it is: somebody activated it here",
    { ...DUE, active: C, previous: B, quarantined: new Set([C]) },
    { remove: [A] },
  ],
  [
    "fetches and prepares what is in quarantine",
    { ...DUE, local: [B], quarantined: new Set([C]) },
    { fetch: [C], quarantined: C },
  ],
  ["neither activates nor removes during a pause", { ...DUE, isPaused: true }, { paused: C }],
  [
    "fetches and prepares during a pause",
    { ...DUE, local: [A, B, D], states: { D: "pending" }, remote: [A, B, C, D], isPaused: true },
    { fetch: [C], paused: C },
  ],
  [
    "tells of a quarantine rather than of a pause, and of a hold rather than of both",
    { ...DUE, quarantined: new Set([C]), isPaused: true },
    { quarantined: C },
  ],
  [
    "tells of a hold rather than of a quarantine",
    { ...DUE, hold: HELD, quarantined: new Set([C]), isPaused: true },
    { heldBy: HELD },
  ],
  ["removes nothing while a jump is under way", { ...DUE, jumping: [B, C] }, { activate: C }],
  [
    "holds the candidate of a rollout ready, whatever FTL_KEEP is",
    { ...DUE, remote: [A, B, C, D], candidate: D, keep: 0 },
    { fetch: [D], activate: C, remove: [A] },
  ],
  [
    "does not remove the candidate of a rollout",
    { ...DUE, candidate: A, keep: 0 },
    { activate: C },
  ],
  [
    "fetches the active revision again, before all else, if it was deleted and stays active",
    { remote: ALL, active: B, local: [A], keep: 1 },
    { fetch: [B, G], remove: [A] },
  ],
  [
    "fetches a held revision again if it was deleted",
    {
      remote: ALL,
      blessed: A,
      active: B,
      local: [A],
      keep: 1,
      hold: { id: B, blessed: A, version: "1" },
    },
    { fetch: [B, G], heldBy: { id: B, blessed: A, version: "1" } },
  ],
  [
    "prepares an active revision that stays active before candidates",
    {
      remote: ALL,
      blessed: A,
      active: B,
      local: [A, B, G],
      states: { bbbbbb: "pending", gggggg: "pending" },
      keep: 1,
      hold: { id: B, blessed: A, version: "1" },
    },
    { prepare: [B, G], heldBy: { id: B, blessed: A, version: "1" } },
  ],
  [
    "does not fetch a deleted active revision if another one is activated",
    { remote: ALL, blessed: C, active: A, local: [C], keep: 0 },
    { activate: C },
  ],
  ["does nothing where there is nothing", {}, {}],
  [
    "fetches the newest FTL_KEEP, newest first, where nothing is blessed",
    { remote: ALL },
    { fetch: [G, F, E] },
  ],
  [
    "fetches the blessed first, then the one it replaced, then newer candidates",
    { remote: ALL, blessed: C, replaced: B, keep: 2 },
    { fetch: [C, B, G, F], activate: C },
  ],
  [
    "does not fetch what is older than the blessed, but for the one it replaced",
    { remote: ALL, blessed: G, replaced: A },
    { fetch: [G, A], activate: G },
  ],
  [
    "has nothing to do on a machine that is in line",
    {
      remote: ALL,
      blessed: F,
      replaced: E,
      active: F,
      previous: E,
      local: [E, F, G],
    },
    {},
  ],
  [
    "activates a blessed revision that is here already",
    { remote: ALL, blessed: F, active: G, local: [F, G] },
    { activate: F },
  ],
  [
    "removes what is no longer wanted, oldest first",
    {
      remote: ALL,
      blessed: G,
      replaced: F,
      active: G,
      previous: F,
      local: [C, B, A, F, G],
    },
    { remove: [A, B, C] },
  ],
  [
    "removes a candidate that was purged from S3",
    {
      remote: [A, B],
      blessed: A,
      active: A,
      local: [A, B, C],
    },
    { remove: [C] },
  ],
  [
    "keeps the previous revision when it is no longer in S3",
    {
      remote: [G],
      blessed: G,
      active: G,
      previous: A,
      local: [A, G],
    },
    {},
  ],
  [
    "keeps the active revision when it is no longer in S3 and another is blessed",
    {
      remote: [G],
      blessed: G,
      active: A,
      local: [A, G],
    },
    { activate: G },
  ],
  [
    "lets the previous one go once an activation puts the active in its place",
    {
      remote: ALL,
      blessed: G,
      replaced: F,
      active: F,
      previous: A,
      local: [A, F, G],
    },
    { activate: G, remove: [A] },
  ],
  [
    "removes nothing at all where S3 shows no revision",
    { remote: [], blessed: G, active: G, local: [A, B, G] },
    {},
  ],
  [
    "leaves a held revision active while the blessed is the same as when it was held",
    {
      remote: ALL,
      blessed: F,
      active: G,
      hold: { id: G, blessed: F, version: "1" },
      local: [F, G],
    },
    { heldBy: { id: G, blessed: F, version: "1" } },
  ],
  [
    "ends a hold once another revision is blessed",
    {
      remote: ALL,
      blessed: E,
      active: G,
      hold: { id: G, blessed: F, version: "1" },
      local: [E, F, G],
    },
    { activate: E },
  ],
  [
    "ends a hold once the same revision is blessed anew, after another one",
    {
      remote: ALL,
      blessed: F,
      version: "3",
      active: G,
      hold: { id: G, blessed: F, version: "1" },
      local: [F, G],
    },
    { activate: F },
  ],
  [
    "ignores a hold on a revision that is not active",
    {
      remote: ALL,
      blessed: F,
      active: E,
      hold: { id: G, blessed: F, version: "1" },
      local: [E, F, G],
    },
    { activate: F },
  ],
  [
    "never removes a held revision",
    {
      remote: [F],
      blessed: F,
      active: A,
      hold: { id: A, blessed: F, version: "1" },
      local: [A, F],
    },
    { heldBy: { id: A, blessed: F, version: "1" } },
  ],
  [
    "says that the blessed revision is missing, and keeps what runs",
    { remote: [A], blessed: G, active: A, local: [A] },
    { missing: G },
  ],
  [
    "activates a blessed revision that is here though it was purged from S3",
    {
      remote: [A],
      blessed: G,
      active: A,
      local: [A, G],
    },
    { activate: G },
  ],
  [
    "runs post-sync again where it failed or never ran",
    {
      remote: [F, G],
      blessed: F,
      active: F,
      local: [F, G],
      states: { [F]: "failed", [G]: "pending" },
    },
    { prepare: [F, G] },
  ],
  [
    "does not run post-sync of a revision that it is about to remove",
    {
      remote: [A, G],
      blessed: G,
      active: G,
      local: [A, G],
      states: { [A]: "failed" },
    },
    { remove: [A] },
  ],
  [
    "holds no candidates with FTL_KEEP=0",
    { remote: ALL, blessed: C, active: C, local: [C], keep: 0 },
    {},
  ],
  [
    "re-fetches an active revision whose folder is gone",
    { remote: [G], blessed: G, active: G },
    { fetch: [G] },
  ],
];

for (const [sentence, given, wanted] of CASES) {
  Deno.test(`planSync() ${sentence}`, () => {
    assertEquals(plan(given), { ...NOTHING, ...wanted });
  });
}
