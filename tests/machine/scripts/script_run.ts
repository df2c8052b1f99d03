/** A revision with scripts in a root of its own, and the reports of running one of them. */
import type { Step } from "../../../src/revision/scripts.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";
import { Config } from "../../../src/config.ts";
import type { FtlEvent } from "../../../src/events.ts";
import { Scripts } from "../../../src/machine/scripts/scripts.ts";
import { TempFolder } from "../../temp.ts";
import { anId, aPackage } from "../../names.ts";

const ID = anId("VZ5vQk8aR4G");

export interface Told {
  /** Undefined if the script succeeded. */
  readonly error: { readonly message: string; readonly hint?: string | undefined } | undefined;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

export class Lab implements Disposable {
  readonly #folder = new TempFolder();
  readonly pkg = new PackageDir(this.#folder.path, aPackage("my_site"));
  /** The revision's folder. */
  readonly path = this.#folder.folder(`my_site/revs/${ID}`);

  constructor() {
    this.pkg.prepare();
  }

  /** Writes a file of the revision. By default it is executable. */
  write(name: string, text: string | Uint8Array, mode = 0o755): string {
    return this.#folder.write(`my_site/revs/${ID}/${name}`, text, mode);
  }

  async run(step: Step, { timeout = 60 } = {}): Promise<Told> {
    const lines: string[] = [];
    const warnings: string[] = [];
    let error: Told["error"];
    try {
      const context = {
        config: new Config({ FTL_HOOK_TIMEOUT: String(timeout) }),
        signal: new AbortController().signal,
        report: (event: FtlEvent): void => {
          if (event.type === "script-output") lines.push(event.line);
          if (event.type === "warning") warnings.push(event.message);
        },
      };
      await new Scripts(context, this.pkg, "jump").run(step, ID, { from: undefined, to: ID });
    } catch (thrown) {
      error = thrown as Error;
    }
    return { error, lines, warnings };
  }

  /** The names of the logs, in the order of time. */
  logs(): string[] {
    return [...Deno.readDirSync(this.pkg.logs)].map(({ name }) => name).sort();
  }

  log(name: string): string {
    return Deno.readTextFileSync(`${this.pkg.logs}/${name}`);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
