/**
 * The journal of a jump that is under way, `.ftl/jump.json`. It is written before the links are switched, again
 * when a later phase begins, and removed at the end. If a command was killed, the journal tells the next command
 * what is still to do. It is flushed: no power cut keeps the switched links and loses the rest.
 */
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { madeChange, removeFile, replaceFile } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import { type Action, ACTIONS } from "../../revision/scripts.ts";
import { numberIn, readJson, textIn } from "../disk/json_file.ts";

/**
 * - `jump`: the links are being switched, or `post-jump` is to run.
 * - `health`: the new revision is active, and its health is not known yet.
 * - `rollback`: its health failed, and the machine goes back to `target`.
 */
export type JumpPhase = "jump" | "health" | "rollback";
const PHASES: readonly JumpPhase[] = ["jump", "health", "rollback"];

/** What happens if the health of the new revision fails. */
export type OnBadHealth = "go-back" | "stay";

/** FTL 0.1.0 writes and reads only `from`, `to` and `action`. */
export interface JumpUnderWay {
  readonly from: RevisionId | undefined;
  readonly to: RevisionId;
  readonly action: Action;
  readonly phase: JumpPhase;
  /** When the phase began: ISO 8601, UTC. */
  readonly since?: string | undefined;
  /** In the phase `health`: the seconds that the revision has to become healthy. */
  readonly seconds?: number | undefined;
  /** How many commands have begun or gone on with it. Undefined: one. */
  readonly tries?: number | undefined;
  /** Whether no revision was active on this machine before: on a copy, one was active elsewhere. */
  readonly isFirst?: boolean | undefined;
  /** The target of `previous` before the jump. A rollback restores it. */
  readonly previous?: RevisionId | undefined;
  readonly onBadHealth: OnBadHealth;
  /** Where a rollback leads if nothing was active before: what the blessed revision replaced. */
  readonly fallback?: RevisionId | undefined;
  /** The blessing under which a rollback puts the revision into quarantine. Undefined: it does not. */
  readonly blessing?: string | undefined;
  /** In the phase `rollback`: where it leads, and why. */
  readonly target?: RevisionId | undefined;
  readonly reason?: string | undefined;
  /** In the phase `rollback`: the file with the output of the health's last attempt. */
  readonly log?: string | undefined;
}

/** The revisions that the end or the rollback of a jump may need. */
export function revisionsOf(
  { from, to, previous, fallback, target }: JumpUnderWay,
): RevisionId[] {
  return [from, to, previous, fallback, target].filter((id) => id !== undefined);
}

export function readJournal(pkg: PackageDir): JumpUnderWay | undefined {
  const value = readJson(pkg.ownPath("journal"));
  const to = value && textIn(value, "to");
  if (value === undefined || !isRevisionId(to)) return undefined;
  const id = (name: string): RevisionId | undefined => {
    const text = textIn(value, name);
    return isRevisionId(text) ? text : undefined;
  };
  return {
    from: id("from"),
    to,
    action: ACTIONS.find((action) => action === textIn(value, "action")) ?? "jump",
    phase: PHASES.find((phase) => phase === textIn(value, "phase")) ?? "jump",
    since: textIn(value, "since"),
    seconds: numberIn(value, "seconds"),
    tries: numberIn(value, "tries"),
    isFirst: (value as Partial<JumpUnderWay>).isFirst === true || undefined,
    previous: id("previous"),
    onBadHealth: textIn(value, "onBadHealth") === "go-back" ? "go-back" : "stay",
    fallback: id("fallback"),
    blessing: textIn(value, "blessing"),
    target: id("target"),
    reason: textIn(value, "reason"),
    log: textIn(value, "log"),
  };
}

export function writeJournal(pkg: PackageDir, jump: JumpUnderWay): void {
  replaceFile(pkg.ownPath("journal"), `${JSON.stringify(jump)}\n`);
}

/**
 * Stores that a later phase begins. A new revision may have filled the disk, and that must not keep the machine
 * from its way back: then the earlier phase stays, and a kill lets more run a second time.
 */
export function writePhase(pkg: PackageDir, jump: JumpUnderWay): void {
  madeChange(() => writeJournal(pkg, jump));
}

/** Removes the journal without a flush. If a power cut brings it back, a script runs a second time. */
export function clearJournal(pkg: PackageDir): void {
  removeFile(pkg.ownPath("journal"), { durable: false });
}
