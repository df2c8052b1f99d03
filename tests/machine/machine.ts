/** A machine's root with one package, for tests of changes on its disk. */
import { createContext, type Environment, type FtlEvent } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { writeRevisionState } from "../../src/machine/state.ts";
import type { PostSync } from "../../src/plan/sync.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { aPackage } from "../names.ts";
import { TempFolder } from "../temp.ts";

export class TestMachine extends TempFolder {
  readonly root = this.folder("root");
  readonly pkg = new PackageDir(this.root, aPackage("my_site"));
  /** The events that were reported, in their order. */
  readonly events: FtlEvent[] = [];
  readonly context: Context;

  /** @param env more variables of the commands */
  constructor(env: Environment = {}) {
    super();
    this.context = createContext({ FTL_ROOT: this.root, ...env }, {
      report: (event) => void this.events.push(event),
    });
    this.folder("root/my_site");
    this.pkg.prepare();
  }

  /** Adds a revision with these scripts. Each script writes into `told` that it ran, and with which values. */
  addRevision(
    id: RevisionId,
    { postSync = "ok", scripts = [], failing = [] }: {
      readonly postSync?: PostSync;
      readonly scripts?: readonly string[];
      /** Scripts that write and then fail. */
      readonly failing?: readonly string[];
    } = {},
  ): void {
    Deno.mkdirSync(this.pkg.revisionPath(id));
    for (const step of [...scripts, ...failing]) {
      const exit = failing.includes(step) ? 1 : 0;
      const script = `echo ${step} $FTL_REVISION $FTL_FROM_REVISION $FTL_TO_REVISION $FTL_ACTION`;
      const text = `#!/bin/sh\n${script} >> ${this.path}/told\nexit ${exit}\n`;
      this.write(`root/my_site/revs/${id}/${step}.sh`, text, 0o755);
    }
    writeRevisionState(this.pkg, id, { postSync });
  }

  /** The lines that the scripts wrote. */
  get told(): string[] {
    try {
      return Deno.readTextFileSync(`${this.path}/told`).trimEnd().split("\n");
    } catch {
      return [];
    }
  }
}
