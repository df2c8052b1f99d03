/**
 * A jump on one machine. It is one state machine: whenever a kill stops it, the next command can repair the
 * rest.
 *
 *     step              on the disk afterwards                     after a kill, `finish`
 *     pre-jump          as before                                  does nothing: nothing has changed
 *     journal           .ftl/jump.json: from, to                   runs post-jump of `from`: un-jump may have stopped it
 *     un-jump           the same                                   does the same
 *     hold              .ftl/hold.json: the old one and the new    does the same; the active revision's hold counts
 *     switch            current -> to, previous -> from            runs post-jump of `to`
 *     post-jump         the state of `to`: how post-jump failed    does the same, again
 *     (end)             no journal, one hold or none               does nothing
 *
 * No journal is written if neither revision has a script that would need it.
 */
import type { Context } from "../../context.ts";
import { ScriptError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Hold } from "../../plan/hold.ts";
import type { Action } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink, writeLinks } from "../links.ts";
import { type PackageDir, requireRevision } from "../package_dir.ts";
import { hasScript } from "../scripts/file.ts";
import { Scripts, type Switch } from "../scripts/scripts.ts";
import { postSyncOf } from "../state.ts";
import { readHold, writeHolds } from "./hold.ts";
import { clearJournal, readJournal, writeJournal } from "./journal.ts";
import { rememberPostJump } from "./post_jump.ts";

/** The result of a jump. */
export interface Activation {
  /** The revision that was active before. It equals the new one if there was nothing to do. */
  readonly from: RevisionId | undefined;
  /** Scripts that failed; the revision became active all the same. */
  readonly failures: readonly ScriptError[];
}

/** The jumps of one command in one package. Call all methods under the package's lock. */
export class Jumps {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #action: Action;
  readonly #scripts: Scripts;

  /** @param action what the scripts get as `FTL_ACTION` */
  constructor(context: Context, pkg: PackageDir, action: Action) {
    this.#context = context;
    this.#pkg = pkg;
    this.#action = action;
    this.#scripts = new Scripts(context, pkg, action);
  }

  /**
   * Makes `id` the active revision and leaves `hold` as the package's only hold. Call `finish` first. Throws
   * `NotFoundError` if the revision is not on this machine. Throws `ScriptError` if its `post-sync` has not
   * succeeded, or if its `pre-jump` fails. After an error nothing has changed.
   */
  async to(id: RevisionId, hold: Hold | undefined): Promise<Activation> {
    const pkg = this.#pkg;
    const from = readLink(pkg, "current");
    // Whichever revision a kill leaves active, its hold is stored.
    const during = hold === undefined ? undefined : [hold, readHold(pkg, from)];
    requireReady(pkg, id);
    const failures = from === id ? [] : await this.#switch({ from, to: id }, during);
    writeHolds(pkg, [hold]);
    if (from !== id) {
      this.#context.report({
        type: "activated",
        revision: pkg.revisionName(id),
        from: from === undefined ? undefined : pkg.revisionName(from),
      });
    }
    return { from, failures };
  }

  async #switch(
    { from, to }: { from: RevisionId | undefined; to: RevisionId },
    holds: readonly (Hold | undefined)[] | undefined,
  ): Promise<ScriptError[]> {
    const pkg = this.#pkg;
    await this.#scripts.run("pre-jump", to, { from, to });
    faultPoint("pre-jumped");
    const isJournaled = hasScript(pkg.revisionPath(to), "post-jump") ||
      (from !== undefined && hasScript(pkg.revisionPath(from), "un-jump"));
    if (isJournaled) writeJournal(pkg, { from, to, action: this.#action });
    faultPoint("journal-written");
    // A broken old version must not stop the deployment of a new one.
    const unJump = from !== undefined && pkg.has(from)
      ? await this.#failureOf("un-jump", from, { from, to })
      : undefined;
    faultPoint("un-jumped");
    // A script may have removed the revision.
    requireReady(pkg, to);
    if (holds !== undefined) writeHolds(pkg, holds);
    faultPoint("hold-written");
    const previous = from !== undefined && pkg.has(from) ? from : undefined;
    writeLinks(pkg, { current: to, previous });
    const postJump = await this.#postJump(to, { from, to });
    faultPoint("post-jumped");
    if (isJournaled) clearJournal(pkg);
    return [unJump, postJump].filter((error) => error !== undefined);
  }

  /**
   * Ends a jump that a kill interrupted, and reports it. If the links were switched, the new revision's
   * `post-jump` is due. If not, the old revision is still active, and its `un-jump` may have stopped it: its
   * `post-jump` starts it again. Returns the failures.
   */
  async finish(): Promise<readonly ScriptError[]> {
    const pkg = this.#pkg;
    const jump = readJournal(pkg);
    if (jump === undefined) return [];
    const { from, to, action } = jump;
    const active = readLink(pkg, "current");
    const isDue = active !== undefined && pkg.has(active) && (active === to || active === from);
    const failure = isDue ? await this.#postJump(active, { from, to: active, action }) : undefined;
    clearJournal(pkg);
    if (!isDue) return [];
    const { report } = this.#context;
    report({
      type: "warning",
      message: active === to
        ? `The jump to ${pkg.revisionName(to)} was cut short: its post-jump ran now`
        : `The jump to ${pkg.revisionName(to)} was cut short before it switched: ` +
          `${pkg.revisionName(active)} is still active, and its post-jump ran again`,
    });
    if (failure !== undefined) report({ type: "failure", error: failure });
    return failure === undefined ? [] : [failure];
  }

  /** Runs the active revision's `post-jump`, and stores its failure for `status` and `doctor`. */
  async #postJump(
    id: RevisionId,
    given: Switch & { readonly action?: Action },
  ): Promise<ScriptError | undefined> {
    const failure = await this.#failureOf("post-jump", id, given);
    const failed = failure && {
      at: new Date(this.#context.now()).toISOString(),
      outcome: failure.outcome ?? failure.message,
      log: failure.log,
    };
    rememberPostJump(this.#pkg, id, failed);
    return failure;
  }

  /** The failure of a script that must not stop the jump. Any other error is thrown. */
  async #failureOf(
    step: "un-jump" | "post-jump",
    id: RevisionId,
    given: Switch & { readonly action?: Action },
  ): Promise<ScriptError | undefined> {
    try {
      await this.#scripts.run(step, id, given);
      return undefined;
    } catch (error) {
      if (error instanceof ScriptError) return error;
      throw error;
    }
  }
}

function requireReady(pkg: PackageDir, id: RevisionId): void {
  requireRevision(pkg, id);
  const name = pkg.revisionName(id);
  const postSync = postSyncOf(pkg, id);
  if (postSync === "ok") return;
  const why = postSync === "failed" ? "its post-sync failed" : "its post-sync has not run yet";
  throw new ScriptError(`Cannot activate ${name}: ${why}`, {
    revision: name,
    step: "post-sync",
    hint: `'ftl sync ${pkg.name}' runs it again`,
  });
}
