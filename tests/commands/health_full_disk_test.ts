/** A revision that fills the disk and is not healthy: the way back, and the quarantine, by whole syncs. */
import { jumpMaster, type PackageSync, spool, sync } from "../../mod.ts";
import { ScriptError } from "../../src/errors.ts";
import { addQuarantine, readQuarantines } from "../../src/machine/jump/quarantine.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { assertEquals } from "../assert.ts";
import { anId, aPackage } from "../names.ts";
import { Mount } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const FILL = {
  bytes: `dd if=/dev/zero of="$FTL_SHARED/fill" bs=4k 2> /dev/null`,
  inodes: `i=0; while touch "$FTL_SHARED/$i" 2> /dev/null; do i=$((i+1)); done`,
};

/** A machine whose package has a small disk of its own. */
class SmallDisk extends MemoryFleet {
  readonly #web = this.context("web", ["a"]);
  readonly pkg = new PackageDir(this.#web.config.root, aPackage("a"));
  readonly #disk = Mount.tmpfs(this.pkg.path, "size=2M,nr_inodes=150");

  /** Blesses a new revision. Its scripts tell outside of the disk that they ran. */
  async release({ fill = "", exit = 0 }): Promise<RevisionName> {
    const tell = `#!/bin/sh\necho "$FTL_HOOK $FTL_REVISION $FTL_ACTION" >> ${this.path}/told\n`;
    const file = this.archive(
      "a.tgz",
      { name: "post-jump.sh", content: `${tell}${fill}\nexit 0\n`, mode: 0o755 },
      { name: "health.sh", content: `${tell}exit ${exit}\n`, mode: 0o755 },
    );
    const { revision } = await spool(this.context(), file);
    await jumpMaster(this.context(), revision);
    return revision;
  }

  async sync(): Promise<PackageSync> {
    const [result] = await sync(this.#web);
    if (result === undefined) throw new Error("no package");
    return result;
  }

  /** What the scripts told since the last call. */
  told(): string[] {
    const path = this.write("more", "");
    try {
      Deno.renameSync(`${this.path}/told`, path);
    } catch {
      // No script has run.
    }
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  }

  override [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

for (const [what, fill] of Object.entries(FILL)) {
  for (const known of [0, 20]) {
    testWith(
      MOUNTING,
      `a bad revision that takes all ${what} is left, and not tried again; quarantines before: ${known}`,
      async () => {
        using fleet = new SmallDisk();
        const old = await fleet.release({});
        await fleet.sync();
        for (let i = 10; i < 10 + known; i++) {
          const reason = "x".repeat(200);
          addQuarantine(fleet.pkg, { id: anId(`VZ5vQ${i}aR4G`), blessing: "1", at: "", reason });
        }
        const bad = await fleet.release({ fill, exit: 100 });
        fleet.told();
        const { active, rolledBack, quarantined, failures } = await fleet.sync();
        assertEquals(fleet.told(), [
          `post-jump ${bad} sync`,
          `health ${bad} sync`,
          `post-jump ${old} rollback`,
        ]);
        assertEquals([active, rolledBack, quarantined], [old, { from: bad, to: old }, bad]);
        assertEquals(failures[0] instanceof ScriptError && failures[0].step, "health");
        assertEquals(`a.${readQuarantines(fleet.pkg)[0]?.id}`, bad);

        const again = await fleet.sync();
        assertEquals([again.active, again.quarantined, fleet.told()], [old, bad, []]);
        Deno.removeSync(fleet.pkg.shared, { recursive: true });
        const free = await fleet.sync();
        assertEquals([free.active, free.failures.length, fleet.told()], [old, 1, []]);
      },
    );
  }
}
