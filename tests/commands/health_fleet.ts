/** One machine whose package has all scripts, and a health that a test decides. */
import { jumpMaster, type PackageSync, spool, sync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { type Quarantine, readQuarantines } from "../../src/machine/jump/quarantine.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const SCRIPT = `#!/bin/sh
echo "$FTL_HOOK $FTL_REVISION $FTL_ACTION" >> "$FTL_SHARED/told"
[ "$FTL_HOOK" != health ] || ! grep -qx "$FTL_REVISION" "$FTL_SHARED/bad" || exit 100
`;
const SCRIPTS = ["pre-jump", "un-jump", "post-jump", "health"];

export class HealthFleet extends MemoryFleet {
  readonly web: Context = this.context("web", ["a"]);
  readonly pkg = new PackageDir(this.web.config.root, aPackage("a"));
  #spooled = 0;

  constructor() {
    super();
    this.folder("web/a/shared");
    this.bad();
  }

  /** From now on the health of these revisions fails at once, and that of all others succeeds. */
  bad(...revisions: readonly string[]): void {
    this.write("web/a/shared/bad", revisions.map((name) => `${name}\n`).join(""));
  }

  /** Spools a revision with the scripts. */
  async next(): Promise<RevisionName> {
    const members = SCRIPTS.map((step) => ({ name: `${step}.sh`, content: SCRIPT, mode: 0o755 }));
    const file = this.archive("a.tgz", { name: "v", content: `${this.#spooled++}` }, ...members);
    return (await spool(this.context(), file)).revision;
  }

  async bless(revision: string, { again = false } = {}): Promise<void> {
    await jumpMaster(this.context(), revision, { again });
  }

  /** The machine's sync. */
  async sync(options: { follow?: boolean } = {}): Promise<PackageSync> {
    const [result] = await sync(this.web, options);
    if (result === undefined) throw new Error("no package");
    return result;
  }

  /** What the scripts did since the last call: step, revision, action. */
  told(): string[] {
    const path = `${this.pkg.shared}/told`;
    try {
      const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
      Deno.removeSync(path);
      return lines;
    } catch {
      return [];
    }
  }

  get quarantines(): Quarantine[] {
    return readQuarantines(this.pkg);
  }

  /** The names that `current` and `previous` lead to. */
  get links(): (string | undefined)[] {
    return [this.pkg.current, this.pkg.previous].map((path) => {
      try {
        return Deno.readLinkSync(path).replace("revs/", "a.");
      } catch {
        return undefined;
      }
    });
  }

  /** The first revision ran before, the second one is active, the third one is blessed and unhealthy. */
  static async withBad(): Promise<{ fleet: HealthFleet; revisions: RevisionName[] }> {
    const fleet = new HealthFleet();
    const revisions: RevisionName[] = [];
    for (let i = 0; i < 3; i++) {
      const revision = await fleet.next();
      revisions.push(revision);
      await fleet.bless(revision);
      if (i === 2) fleet.bad(revision);
      else await fleet.sync();
    }
    fleet.told();
    return { fleet, revisions };
  }
}
