/** What FTL's own folder of a package tells a sync: which files it has, and whose package it is. */
import { type MachineIdentity, type Origin, originOf } from "../../plan/clone.ts";
import { holdInForce } from "../../plan/hold.ts";
import { blessingOf, readHold } from "../../machine/jump/hold.ts";
import { readJournal } from "../../machine/jump/journal.ts";
import { readLink } from "../../machine/links.ts";
import { OWN_NAMES, type PackageDir } from "../../machine/package_dir.ts";
import { readOwner } from "../../machine/state.ts";
import type { PointerState } from "../../revision/pointer.ts";

/** As of the moment when it was looked at last. */
export class OwnFiles {
  readonly #pkg: PackageDir;
  readonly #me: MachineIdentity;
  #names: ReadonlySet<string> = new Set();
  #origin: Origin = "same";

  constructor(pkg: PackageDir, me: MachineIdentity) {
    this.#pkg = pkg;
    this.#me = me;
  }

  look(): void {
    this.#names = this.#pkg.ownNames();
    this.#origin = originOf(readOwner(this.#pkg), this.#me);
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /**
   * Whether there is a hold that has ended, or that `--follow` ends. It must not take effect again when the same
   * revision is blessed again, or when a rollout comes to this machine.
   */
  hasStaleHold(pointer: PointerState | undefined, { follow }: { follow: boolean }): boolean {
    if (!this.#has("hold")) return false;
    const active = readLink(this.#pkg, "current");
    const hold = readHold(this.#pkg, active);
    if (hold === undefined) return false;
    return follow || !holdInForce({ hold, active, ...blessingOf(pointer) });
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
    return this.#origin === "copy";
  }

  /** Whether the package is not known as this machine's yet. */
  get hasNewOwner(): boolean {
    return this.#origin === "new" || this.#origin === "copy";
  }

  #has(name: keyof typeof OWN_NAMES): boolean {
    return this.#names.has(OWN_NAMES[name]);
  }
}
