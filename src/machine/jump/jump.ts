/**
 * A jump on one machine: one state machine, of which a kill at any moment leaves what the next command can mend.
 *
 *     step              on the disk afterwards                     after a kill, `finish`
 *     pre-jump          as before                                  nothing: nothing has changed
 *     journal           .ftl/jump.json: from, to                   runs post-jump of `from`: un-jump may have stopped it
 *     un-jump           the same                                   the same
 *     hold              .ftl/hold.json: the old one and the new    the same; the one of the active revision counts
 *     switch            current -> to, previous -> from            runs post-jump of `to`
 *     post-jump         the same                                   the same, again
 *     (end)             no journal, one hold or none               nothing
 *
 * There is no journal where neither revision has a script that it could be about.
 */
import type { Context } from "../../context.ts";
import { NotFoundError, ScriptError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Hold } from "../../plan/hold.ts";
import type { Action } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink, writeLinks } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { hasScript } from "../scripts/file.ts";
import { Scripts, type Switch } from "../scripts/scripts.ts";
import { postSyncOf } from "../state.ts";
import { readHold, writeHolds } from "./hold.ts";
import { clearJournal, readJournal, writeJournal } from "./journal.ts";

/** What became of a jump. */
export interface Activation {
  /** What was active before; the same as the new one where nothing was to be done. */
  readonly from: RevisionId | undefined;
  /** Scripts that failed without keeping the revision from becoming active. */
  readonly failures: readonly ScriptError[];
}

/** The jumps of one command in one package. All methods are to be called under the package's lock. */
export class Jumps {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #action: Action;
  readonly #scripts: Scripts;

  /** @param action what the scripts are told is being done */
  constructor(context: Context, pkg: PackageDir, action: Action) {
    this.#context = context;
    this.#pkg = pkg;
    this.#action = action;
    this.#scripts = new Scripts(context, pkg, action);
  }

  /**
   * Makes `id` the active revision, and leaves `hold` as the package's only one. To be called after `finish`. Throws
   * `NotFoundError` where it is not here, `ScriptError` where its `post-sync` has not succeeded, or where its
   * `pre-jump` fails: then nothing has changed.
   */
  async to(id: RevisionId, hold: Hold | undefined): Promise<Activation> {
    const pkg = this.#pkg;
    const from = readLink(pkg, "current");
    // Whichever revision a kill leaves active, its hold is there.
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
    // A broken old version must not keep the machine.
    const unJump = from !== undefined && pkg.has(from)
      ? await this.#failureOf("un-jump", from, { from, to })
      : undefined;
    faultPoint("un-jumped");
    // A script may have taken the revision away.
    requireReady(pkg, to);
    if (holds !== undefined) writeHolds(pkg, holds);
    faultPoint("hold-written");
    const previous = from !== undefined && pkg.has(from) ? from : undefined;
    writeLinks(pkg, { current: to, previous });
    const postJump = await this.#failureOf("post-jump", to, { from, to });
    faultPoint("post-jumped");
    if (isJournaled) clearJournal(pkg);
    return [unJump, postJump].filter((error) => error !== undefined);
  }

  /**
   * Ends a jump that a kill cut short, and tells of it. After the switch of the links its `post-jump` is due. Before
   * it, the old revision's `un-jump` may have stopped what is still the active one, whose `post-jump` starts it
   * again. The answer is what failed.
   */
  async finish(): Promise<readonly ScriptError[]> {
    const pkg = this.#pkg;
    const jump = readJournal(pkg);
    if (jump === undefined) return [];
    const { from, to, action } = jump;
    const active = readLink(pkg, "current");
    const isTold = active !== undefined && pkg.has(active) && (active === to || active === from);
    const failure = isTold
      ? await this.#failureOf("post-jump", active, { from, to: active, action })
      : undefined;
    clearJournal(pkg);
    if (!isTold) return [];
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

  /** The failure of a script that is not to stop what goes on; anything else is thrown. */
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
  const name = pkg.revisionName(id);
  if (!pkg.has(id)) {
    throw new NotFoundError(`No revision ${name} on this machine`, {
      hint:
        `'ftl list ${pkg.name}' shows those that are here, 'ftl sync ${pkg.name}' fetches new ones`,
    });
  }
  const postSync = postSyncOf(pkg, id);
  if (postSync === "ok") return;
  const why = postSync === "failed" ? "its post-sync failed" : "its post-sync has not run yet";
  throw new ScriptError(`Cannot activate ${name}: ${why}`, {
    hint: `'ftl sync ${pkg.name}' runs it again`,
  });
}
