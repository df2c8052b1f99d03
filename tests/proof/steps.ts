/**
 * A kill at each named step, and what must be active right after it. Model: Mender's table of states. The file is long
 * because it has the whole table.
 */
import { jump, jumpBack, jumpMaster, sync } from "../../mod.ts";
import { FAULT_POINTS, type FaultPoint } from "../../src/fault_point.ts";
import { FastForward } from "./fast_forward.ts";
import { putDelta } from "./deltas.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab, type LaunchOptions } from "./lab.ts";
import { requireDecided, requireRecovery, requireUploadsTakenBack } from "./recovery.ts";
import { namesOfMarks, writeRollout } from "./rollout_words.ts";
import { makeSite } from "./site.ts";
import { requireReplaced } from "./writer_kills.ts";

export interface Step<Point = FaultPoint> {
  readonly at: Point;
  /** One of the commands that pass this point. */
  readonly command: CommandName;
  /** What is active after the kill: what was before, or what the command was to make active. */
  readonly active: "old" | "new";
}

type CommandName =
  | "spool"
  | "bless"
  | "step of a rollout"
  | "sync"
  | "sync by a delta"
  | "jump"
  | "jump-back"
  | "sync of a bad one"
  | "jump to a bad one"
  | "sync of a rollout"
  | "sync of a rollout of a bad one"
  | "purge"
  | "sync that removes"
  | "sync without a spare that removes"
  | "sync of a copy"
  | "signed sync";

/** From the switch of `current` on it is the new one. */
export const STEPS: readonly Step[] = [
  { command: "spool", at: "tree-put", active: "old" },
  { command: "spool", at: "part-uploaded", active: "old" },
  { command: "spool", at: "upload-completed", active: "old" },
  { command: "bless", at: "pointer-written", active: "old" },
  { command: "sync", at: "pointer-remembered", active: "old" },
  { command: "sync", at: "staged", active: "old" },
  { command: "sync", at: "flushed", active: "old" },
  { command: "sync", at: "published", active: "old" },
  { command: "sync", at: "state-written", active: "old" },
  { command: "sync", at: "records-written", active: "old" },
  { command: "sync", at: "post-synced", active: "old" },
  { command: "sync", at: "pre-jumped", active: "old" },
  { command: "sync", at: "journal-written", active: "old" },
  { command: "sync", at: "un-jumped", active: "old" },
  { command: "sync", at: "previous-linked", active: "old" },
  { command: "sync", at: "current-linked", active: "new" },
  { command: "sync", at: "post-jumped", active: "new" },
  { command: "sync", at: "health-started", active: "new" },
  { command: "sync of a bad one", at: "post-jumped", active: "new" },
  { command: "sync of a bad one", at: "health-started", active: "new" },
  { command: "sync of a bad one", at: "health-failed", active: "new" },
  { command: "sync of a bad one", at: "rollback-journaled", active: "new" },
  { command: "sync of a bad one", at: "rollback-linked", active: "old" },
  { command: "sync of a bad one", at: "quarantined", active: "old" },
  { command: "jump to a bad one", at: "health-started", active: "new" },
  { command: "jump to a bad one", at: "rollback-journaled", active: "new" },
  { command: "jump to a bad one", at: "rollback-linked", active: "old" },
  { command: "sync of a rollout", at: "turn-chosen", active: "old" },
  { command: "sync of a rollout", at: "mark-written", active: "old" },
  { command: "sync of a rollout", at: "pre-jumped", active: "old" },
  { command: "sync of a rollout", at: "un-jumped", active: "old" },
  { command: "sync of a rollout", at: "current-linked", active: "new" },
  { command: "sync of a rollout", at: "health-started", active: "new" },
  { command: "sync of a rollout", at: "outcome-remembered", active: "new" },
  { command: "sync of a rollout of a bad one", at: "mark-written", active: "old" },
  { command: "sync of a rollout of a bad one", at: "health-failed", active: "new" },
  { command: "sync of a rollout of a bad one", at: "rollback-linked", active: "old" },
  { command: "sync of a rollout of a bad one", at: "outcome-remembered", active: "old" },
  { command: "sync of a copy", at: "copy-dropped", active: "old" },
  { command: "sync of a copy", at: "adopted", active: "old" },
  { command: "jump", at: "un-jumped", active: "old" },
  { command: "jump", at: "hold-written", active: "old" },
  { command: "jump", at: "previous-linked", active: "old" },
  { command: "jump", at: "current-linked", active: "new" },
  { command: "jump", at: "post-jumped", active: "new" },
  { command: "jump-back", at: "hold-written", active: "old" },
  { command: "jump-back", at: "previous-linked", active: "old" },
  { command: "jump-back", at: "current-linked", active: "new" },
  { command: "purge", at: "pre-removed", active: "old" },
  { command: "purge", at: "state-forgotten", active: "old" },
  { command: "purge", at: "discarded", active: "old" },
  { command: "purge", at: "trash-emptied", active: "old" },
  { command: "sync that removes", at: "pre-removed", active: "old" },
  { command: "sync without a spare that removes", at: "state-forgotten", active: "old" },
  { command: "sync without a spare that removes", at: "discarded", active: "old" },
  { command: "sync that removes", at: "spare-marked", active: "old" },
  { command: "sync that removes", at: "spare-kept", active: "old" },
  { command: "sync by a delta", at: "spare-taken", active: "old" },
  { command: "sync by a delta", at: "delta-filled", active: "old" },
  { command: "sync by a delta", at: "staged", active: "old" },
  { command: "sync by a delta", at: "published", active: "old" },
  { command: "sync by a delta", at: "records-written", active: "old" },
  // The clock is put forward after these, so they come last.
  { command: "bless", at: "history-written", active: "old" },
  { command: "step of a rollout", at: "history-written", active: "old" },
  { command: "step of a rollout", at: "pointer-written", active: "old" },
  // What was signed once is not blessed without a signature any more, so these are the very last.
  { command: "signed sync", at: "trust-kept", active: "old" },
  { command: "signed sync", at: "pointer-remembered", active: "old" },
];

const SITES = [1, 2, 3].map((seed) => makeSite(PACKAGE, seed, { files: 40 }));
const BAD = makeSite(PACKAGE, 5, { files: 40, bad: true });
const LARGE = makeSite("large", 4, { files: 1, ballast: 17 << 20, scripts: false });

/** What differs if another `ftl` than the present one is killed, or mends. */
export interface StepsOptions {
  /** Starts the command that is to be killed at a step. By default the present `ftl`. */
  readonly launch?: typeof launchPresent;
  /** What happens after the kill. By default the present `ftl` mends. */
  readonly mend?: (lab: Lab, inspector: Inspector, killed: Killed) => Promise<void>;
}

/** Goes through `STEPS`, or others. Throws an Error that names the step. */
export async function killAtSteps(
  steps: readonly Step<string>[] = STEPS,
  { launch = launchPresent, mend }: StepsOptions = {},
): Promise<Figures> {
  const missing = FAULT_POINTS.filter((point) => !STEPS.some(({ at }) => at === point));
  if (missing.length > 0) throw new Error(`No kill at ${missing}`);
  // A server whose clock leaps would be ahead of the rollouts, which are written by the clock of this machine.
  await using lab = await Lab.start([PACKAGE], { leapAfter: undefined });
  using time = new FastForward();
  const inspector = new Inspector(lab);
  let uploads = 0;
  for (const step of steps) {
    try {
      const killed = await killAt(step, lab, { inspector, launch });
      if (mend === undefined) await requireMended(lab, inspector, { killed, time });
      else await mend(lab, inspector, killed);
      if (step.command === "spool") uploads += await requireUploadsTakenBack(lab, LARGE);
      await inspector.look();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${step.command}, killed at ${step.at}: ${message}`, { cause: error });
    }
  }
  return { steps: steps.length, "uploads found open and taken back": uploads };
}

/** Throws an Error if the present `ftl` does not mend what the kill has left. */
async function requireMended(
  lab: Lab,
  inspector: Inspector,
  { killed, time }: { killed: Killed; time: FastForward },
): Promise<void> {
  const { step, old, next, previous, rollout, isBad } = killed;
  if (isBad) {
    await requireDecided(lab, { bad: next, previous });
    await inspector.look();
  }
  if (rollout !== undefined) await requireTold(lab, { next, rollout, isBad });
  if (step.at === "history-written" || step.command === "step of a rollout") {
    await requireReplaced(lab, time, { next, isMade: step.at === "pointer-written" });
  }
  // This ends a rollout, too.
  if (isBad) await jumpMaster(lab.context(), old, { again: true });
  else if (rollout !== undefined) await jumpMaster(lab.context(), next);
  await requireRecovery(lab);
}

/** A machine whose command was killed. */
export interface Killed extends Arranged {
  readonly step: Step<string>;
  /** The target of `previous` before the command. */
  readonly previous: string | undefined;
  /** Whether the health of `next` fails. */
  readonly isBad: boolean;
}

async function killAt(
  step: Step<string>,
  lab: Lab,
  { inspector, launch }: { inspector: Inspector; launch: typeof launchPresent },
): Promise<Killed> {
  const { command, at, active } = step;
  const { args, ...arranged } = await arrange(command, lab, inspector);
  const { old, next } = arranged;
  await inspector.look();
  const previous = lab.linked("previous");
  const env = command === "sync without a spare that removes" ? { FTL_SPARE: "0" } : {};
  const { signal, code, stderr } = await launch(lab, args, { killAt: at, env }).output();
  if (signal !== "SIGKILL") {
    throw new Error(`not killed there: exit ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  await inspector.look();
  const current = lab.linked("current");
  const due = active === "old" ? old : next;
  if (current !== due) throw new Error(`${current} is active instead of ${due}`);
  return { step, ...arranged, previous, isBad: command.endsWith("bad one") };
}

function launchPresent(
  lab: Lab,
  args: readonly string[],
  options: Pick<LaunchOptions, "killAt" | "env">,
): Deno.ChildProcess {
  return lab.launch(args, options);
}

interface Arranged {
  readonly old: string;
  readonly next: string;
  /** The rollout's id, if there is one. */
  readonly rollout?: number;
}

/**
 * The machine has taken one turn and no second one, and has told how the candidate did. Syncs of a bad one have decided
 * that before.
 */
async function requireTold(
  lab: Lab,
  { next, rollout, isBad }: { next: string; rollout: number; isBad: boolean },
): Promise<void> {
  if (!isBad) {
    const [result] = await sync(lab.context());
    if (result?.failures[0] !== undefined) throw result.failures[0];
    if (String(result?.active) !== next) throw new Error(`${result?.active} is active`);
  }
  const marks = await namesOfMarks(lab.bucket, next, rollout);
  const due = [`${isBad ? "failed" : "ok"}/${lab.env["FTL_MACHINE"]}~1`, "turn/000001"];
  if (marks.join() !== due.join()) throw new Error(`the marks are ${marks} instead of ${due}`);
}

/** A machine on which the command has something to do, and what is active before and is to be after. */
async function arrange(
  command: CommandName,
  lab: Lab,
  inspector: Inspector,
): Promise<Arranged & { args: string[] }> {
  if (command === "signed sync") lab.beginSigning();
  const context = lab.context();
  const spoolNext = async (archive = nextSite()): Promise<string> =>
    (await lab.spool(archive)).revision;
  const first = nextSite();
  const old = await spoolNext(first);
  await jumpMaster(context, old);
  await sync(context, { follow: true });
  if (command === "sync of a copy") {
    lab.becomeCopy();
    return { args: ["sync"], old, next: old };
  }
  if (command === "spool") return { args: ["spool", lab.file(LARGE)], old, next: old };
  const isBad = command.endsWith("bad one");
  const archive = isBad ? BAD : nextSite();
  const next = await spoolNext(archive);
  if (command === "bless") return { args: ["jump", "--master", next], old, next };
  if (command === "step of a rollout") {
    return { args: ["jump", "--master", next, "--group", "canary"], old, next };
  }
  if (command === "sync by a delta") {
    await putDelta(lab, { revision: old, archive: first }, { revision: next, archive });
  }
  if (["sync", "sync by a delta", "signed sync", "sync of a bad one"].includes(command)) {
    await jumpMaster(context, next);
    return { args: ["sync"], old, next };
  }
  await sync(context);
  if (command.startsWith("sync of a rollout")) {
    const rollout = await writeRollout(lab.bucket, next, { words: "cut=1 at-once=1 halt=1" });
    return { args: ["sync"], old, next, rollout };
  }
  if (command === "jump" || command === "jump to a bad one") {
    return { args: ["jump", next], old, next };
  }
  if (command === "purge") return { args: ["purge", next], old, next: old };
  if (command === "sync that removes" || command === "sync without a spare that removes") {
    await inspector.look();
    for (const { key } of await lab.bucket.list(`${next}.`)) await lab.bucket.remove(key);
    return { args: ["sync"], old, next: old };
  }
  for (const id of [next, old]) await jump(context, id);
  const { revision } = await jumpBack(context, PACKAGE);
  return { args: ["jump-back", PACKAGE], old: revision, next: old };
}

let turn = 0;
function nextSite(): (typeof SITES)[number] {
  return SITES[turn++ % SITES.length] as (typeof SITES)[number];
}
