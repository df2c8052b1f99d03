/** The scripts of a jump. Once the links are about to be switched, no failure of a script stops the jump. */
import type { Context } from "../../context.ts";
import type { ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { Action } from "../../revision/scripts.ts";
import type { PackageDir } from "../package_dir.ts";
import { type ScriptRun, Scripts, type Switch } from "../scripts/scripts.ts";
import { type BadHealth, checkHealth } from "./health.ts";
import { rememberOutcome } from "./outcomes.ts";

/** From which revision to which, and what the script gets as `FTL_ACTION` if not the command's own action. */
export type JumpRun = Switch & Pick<ScriptRun, "action" | "isFirst">;

export class JumpScripts {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #scripts: Scripts;

  /**
   * Throws `UsageError` before any work if `FTL_HOOK_TIMEOUT` or `FTL_HEALTH_TIMEOUT` does not parse.
   *
   * @param action what the scripts get as `FTL_ACTION`
   */
  constructor(context: Context, pkg: PackageDir, action: Action) {
    void context.config.healthTimeout;
    this.#context = context;
    this.#pkg = pkg;
    this.#scripts = new Scripts(context, pkg, action);
  }

  /** Throws `ScriptError` if the script fails: the jump must not begin. */
  async preJump(id: RevisionId, given: JumpRun): Promise<void> {
    await this.#scripts.run("pre-jump", id, given);
  }

  /** Returns the script's failure. A broken old version must not stop the deployment of a new one. */
  async unJump(id: RevisionId, given: JumpRun): Promise<ScriptError | undefined> {
    return await this.#scripts.failure("un-jump", id, given);
  }

  /** Returns the script's failure, and stores it for `status` and `doctor`. */
  async postJump(id: RevisionId, given: JumpRun): Promise<ScriptError | undefined> {
    const failure = await this.#scripts.failure("post-jump", id, given);
    const { outcome, log } = failure ?? {};
    const at = new Date(this.#context.now()).toISOString();
    const failed = failure && { at, outcome: outcome ?? failure.message, log };
    rememberOutcome(this.#pkg, id, { of: "failedPostJump", failed });
    return failure;
  }

  /** Runs `health` until it is known how healthy the revision is. Returns undefined if it is healthy. */
  async health(id: RevisionId, given: JumpRun): Promise<BadHealth | undefined> {
    return await checkHealth(this.#context, this.#scripts, { pkg: this.#pkg, id, given });
  }
}
