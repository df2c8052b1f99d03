/**
 * FTL 0.1.0, to run it beside the present one.
 *
 * Its source lies here as `ftl-0.1.0.tar.gz` rather than in the history, which a shallow clone and an unpacked
 * archive lack. It is of the commit of which the executables of 0.1.0 were built:
 *
 *     git archive 9f22653 mod.ts src scripts/build.ts scripts/build deno.json deno.lock | gzip -9n
 *
 * Its lock file decides which packages it gets. It runs from source, as that takes a second; one test builds the
 * executable.
 */
import { dirname } from "node:path";
import { assertEquals } from "../assert.ts";
import { TempFolder } from "../temp.ts";
import type { Machine, Ran } from "./fleet.ts";

const SOURCE = new URL("ftl-0.1.0.tar.gz", import.meta.url).pathname;
const FROM_SOURCE = ["--quiet", "--frozen", "--no-check", "--allow-all"];

export class OlderFtl extends TempFolder {
  #program = [Deno.execPath(), "run", ...FROM_SOURCE, `${this.path}/mod.ts`];

  constructor() {
    super();
    const tar = new Deno.Command("tar", { args: ["-xzf", SOURCE, "-C", this.path] }).outputSync();
    assertEquals(tar.success, true);
  }

  /**
   * The executable of 0.1.0, by its own build, which takes ten seconds. `beside` is an executable of the present
   * FTL: whatever runtimes its build left there are used, and none is fetched then.
   */
  static async built(beside: string): Promise<OlderFtl> {
    const older = new OlderFtl();
    const [kept, used] = [`${dirname(beside)}/.build/runtime`, older.folder("dist/.build/runtime")];
    // One by one, so that nothing is written where they lie.
    for (const name of namesIn(kept)) Deno.symlinkSync(`${kept}/${name}`, `${used}/${name}`);
    const build = [`${older.path}/scripts/build.ts`, "--runtime-from-npm"];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...FROM_SOURCE, ...build, `--target=${Deno.build.arch}`],
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    const name = namesIn(`${older.path}/dist`).find((one) => one.startsWith("ftl-0.1.0-linux-"));
    older.#program = [`${older.path}/dist/${name}`];
    return older;
  }

  /** Runs the older `ftl` on a machine. */
  run(machine: Machine, args: readonly string[]): Promise<Ran> {
    return machine.ftl(args, { program: this.#program });
  }

  /** The same, but it must succeed. Returns its stdout without the last newline. */
  ok(machine: Machine, args: readonly string[]): Promise<string> {
    return machine.ok(args, { program: this.#program });
  }
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
