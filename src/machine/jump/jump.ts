/**
 * A jump on one machine. It is one state machine: whenever a kill stops it, the next command can repair the
 * rest.
 *
 *     step              on the disk afterwards                     after a kill, `finish`
 *     pre-jump          as before                                  does nothing: nothing has changed
 *     journal           .ftl/jump.json: phase `jump`               runs post-jump of `from`: un-jump may have stopped it
 *     un-jump           the same                                   does the same
 *     hold              .ftl/hold.json: the old one and the new    does the same; the active revision's hold counts
 *     switch            current -> to, previous -> from            runs post-jump of `to`, then continues
 *     post-jump         the state of `to`: how post-jump failed    does the same, again
 *     health            phase `health`                             checks the health again, with all its time
 *     (end)             no journal, one hold or none               does nothing
 *
 * If the health fails, and the jump is one that goes back, `rollback.ts` goes on. No journal is written if no
 * revision has a script that would need it. The file is long because each row is here.
 */
import type { Context } from "../../context.ts";
import type { ScriptError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Hold } from "../../plan/hold.ts";
import type { Action } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink, restoreLinks, writeLinks } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { hasScript } from "../scripts/file.ts";
import { type BadHealth, unhealthy } from "./health.ts";
import { readHold, writeHolds } from "./hold.ts";
import {
  clearJournal,
  type JumpUnderWay,
  readJournal,
  writeJournal,
  writePhase,
} from "./journal.ts";
import { JumpScripts } from "./jump_scripts.ts";
import { rememberOutcome } from "./outcomes.ts";
import { endQuarantine } from "./quarantine.ts";
import { isReady, requireReady } from "./ready.ts";
import { cutShortTooOften, goBack, wayBack, type WentBack } from "./rollback.ts";

/** What a jump does if the new revision is not healthy. */
export type HealthOptions = Pick<JumpUnderWay, "onBadHealth" | "fallback" | "blessing">;

/** How a jump ended. */
export interface JumpEnd {
  /** Set if the new revision's health failed, and the machine went back. */
  readonly wentBack?: WentBack;
  /** Scripts that failed. */
  readonly failures: readonly ScriptError[];
}

/** The result of a jump. */
export interface Activation extends JumpEnd {
  /** The revision that was active before. It equals the new one if there was nothing to do. */
  readonly from: RevisionId | undefined;
}

/** The jumps of one command in one package. Call all methods under the package's lock. */
export class Jumps {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #action: Action;
  readonly #scripts: JumpScripts;

  /** @param action what the scripts get as `FTL_ACTION` */
  constructor(context: Context, pkg: PackageDir, action: Action) {
    this.#context = context;
    this.#pkg = pkg;
    this.#action = action;
    this.#scripts = new JumpScripts(context, pkg, action);
  }

  /**
   * Makes `id` the active revision, waits for its health, and leaves `hold` as the package's only hold. If the
   * health fails, the revision stays, unless `health` says otherwise. Call `finish` first. Throws `NotFoundError` if the
   * revision is not on this machine. Throws `ScriptError` if its `post-sync` has not succeeded, or if its
   * `pre-jump` fails. After an error nothing has changed.
   */
  async to(
    id: RevisionId,
    hold: Hold | undefined,
    health: HealthOptions = { onBadHealth: "stay" },
  ): Promise<Activation> {
    const pkg = this.#pkg;
    const from = readLink(pkg, "current");
    requireReady(pkg, id);
    if (from === id) {
      writeHolds(pkg, [hold]);
      return { from, failures: [] };
    }
    const jump: JumpUnderWay = {
      ...health,
      from,
      to: id,
      action: this.#action,
      phase: "jump",
      isFirst: from === undefined || readJournal(pkg)?.action === "adopt" || undefined,
      previous: readLink(pkg, "previous"),
    };
    const failures = await this.#switch(jump, hold);
    const end = await this.#confirm(jump, hold);
    return { from, ...end, failures: [...failures, ...end.failures] };
  }

  async #switch(jump: JumpUnderWay, hold: Hold | undefined): Promise<ScriptError[]> {
    const pkg = this.#pkg;
    const { from, to, isFirst } = jump;
    const given = { from, to, isFirst };
    // Whichever revision a kill leaves active, its hold is stored.
    const holds = hold === undefined ? undefined : [hold, readHold(pkg, from)];
    await this.#scripts.preJump(to, given);
    faultPoint("pre-jumped");
    if (this.#needsJournal(jump)) writeJournal(pkg, jump);
    faultPoint("journal-written");
    const unJump = from !== undefined && pkg.has(from)
      ? await this.#scripts.unJump(from, given)
      : undefined;
    faultPoint("un-jumped");
    // A script may have removed the revision.
    requireReady(pkg, to);
    if (holds !== undefined) writeHolds(pkg, holds);
    faultPoint("hold-written");
    const previous = from !== undefined && pkg.has(from) ? from : undefined;
    writeLinks(pkg, { current: to, previous });
    const postJump = await this.#scripts.postJump(to, given);
    faultPoint("post-jumped");
    return [unJump, postJump].filter((error) => error !== undefined);
  }

  #needsJournal({ from, to }: JumpUnderWay): boolean {
    const pkg = this.#pkg;
    const path = pkg.revisionPath(to);
    return hasScript(path, "post-jump") || hasScript(path, "health") ||
      (from !== undefined && hasScript(pkg.revisionPath(from), "un-jump"));
  }

  /** Checks the health of the revision that is active now. Ends the jump, or goes back. */
  async #confirm(jump: JumpUnderWay, hold: Hold | undefined): Promise<JumpEnd> {
    return await this.#end(jump, { hold, bad: await this.#badHealth(jump) });
  }

  async #end(
    jump: JumpUnderWay,
    { hold, bad }: { hold: Hold | undefined; bad: BadHealth | undefined },
  ): Promise<JumpEnd> {
    const pkg = this.#pkg;
    const { from, to } = jump;
    if (bad !== undefined) faultPoint("health-failed");
    const target = bad && wayBack(pkg, jump);
    if (bad !== undefined && target !== undefined) {
      return await this.#goBack({ ...jump, target, ...bad });
    }
    const failed = bad && { at: this.#now(), outcome: bad.reason, log: bad.log };
    rememberOutcome(pkg, to, { of: "failedHealth", failed });
    if (bad === undefined) endQuarantine(pkg, to);
    clearJournal(pkg);
    writeHolds(pkg, [hold]);
    const revision = pkg.revisionName(to);
    this.#context.report({
      type: "activated",
      revision,
      from: from === undefined ? undefined : pkg.revisionName(from),
    });
    return { failures: bad === undefined ? [] : [unhealthy(revision, bad, "it stays active")] };
  }

  async #badHealth(jump: JumpUnderWay): Promise<BadHealth | undefined> {
    const { from, to, action, phase, isFirst } = jump;
    // In a later phase there was a health: that it is gone makes nothing healthy.
    if (phase === "jump" && !hasScript(this.#pkg.revisionPath(to), "health")) return undefined;
    const seconds = this.#context.config.healthTimeout;
    writePhase(this.#pkg, { ...jump, phase: "health", since: this.#now(), seconds });
    faultPoint("health-started");
    return await this.#scripts.health(to, { from, to, action, isFirst });
  }

  async #goBack(jump: Parameters<typeof goBack>[2]["jump"]): Promise<JumpEnd> {
    return await goBack(this.#context, this.#pkg, { jump, scripts: this.#scripts });
  }

  /**
   * Ends a jump that a kill interrupted, and reports it. If the links were switched, the new revision's
   * `post-jump` is due, and then its health. If not, the old revision is still active, and its `un-jump` may have
   * stopped it: its `post-jump` starts it again. The failures of the result are reported already.
   */
  async finish(): Promise<JumpEnd> {
    const jump = readJournal(this.#pkg);
    if (jump === undefined) return { failures: [] };
    const end = await this.#finish(jump, readLink(this.#pkg, "current"));
    for (const error of end.failures) this.#context.report({ type: "failure", error });
    return end;
  }

  async #finish(jump: JumpUnderWay, active: RevisionId | undefined): Promise<JumpEnd> {
    const pkg = this.#pkg;
    const { from, to, action, phase, target } = jump;
    const isOnTheWay = active === to || active === (phase === "rollback" ? target : from);
    const name = pkg.revisionName(to);
    const isBack = phase === "rollback" && target !== undefined && isReady(pkg, target);
    if (active !== undefined && isOnTheWay && isBack) {
      this.#warn(`The rollback of ${name} was cut short: it runs again`);
      return await this.#goBack({ ...jump, target });
    }
    if (active === undefined || !isOnTheWay || !pkg.has(active)) {
      clearJournal(pkg);
      return { failures: [] };
    }
    if (active === to) return await this.#continue(jump);
    // The kill may have come between the two links. A jump that is tried again, and goes back, needs the old way back.
    if (readLink(pkg, "previous") === active) {
      restoreLinks(pkg, { current: active, previous: jump.previous });
    }
    this.#warn(
      `The jump to ${name} was cut short before it switched: ` +
        `${pkg.revisionName(active)} is still active, and its post-jump runs again`,
    );
    const failure = await this.#scripts.postJump(active, { from, to: active, action });
    clearJournal(pkg);
    return { failures: failure === undefined ? [] : [failure] };
  }

  /** The links are switched. A rollback that has lost its target may have stopped the revision. */
  async #continue(jump: JumpUnderWay): Promise<JumpEnd> {
    const pkg = this.#pkg;
    const { from, to, action, phase, isFirst, tries = 1 } = jump;
    const what = phase === "health" ? "health" : "post-jump";
    const name = pkg.revisionName(to);
    const hold = readHold(pkg, to);
    const bad = cutShortTooOften(pkg, jump);
    if (bad !== undefined) return await this.#end(jump, { hold, bad });
    this.#warn(
      action === "adopt"
        ? `${name} is active on a copy: its ${what} runs here now`
        : `The jump to ${name} was cut short: its ${what} runs now`,
    );
    const again = { ...jump, tries: tries + 1 };
    writePhase(pkg, again);
    const postJump = phase === "health"
      ? undefined
      : await this.#scripts.postJump(to, { from, to, action, isFirst });
    const end = await this.#confirm(again, hold);
    return postJump === undefined ? end : { ...end, failures: [postJump, ...end.failures] };
  }

  #warn(message: string): void {
    this.#context.report({ type: "warning", message });
  }

  /** ISO 8601, UTC. */
  #now(): string {
    return new Date(this.#context.now()).toISOString();
  }
}
