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
import type { Environment } from "../../src/config.ts";
import { TempFolder } from "../temp.ts";
import { type Machine, type ProgramOptions, type Ran, startProgram } from "./fleet.ts";
import { collect } from "./run_here.ts";

const SOURCE = new URL("ftl-0.1.0.tar.gz", import.meta.url).pathname;
const FROM_SOURCE = ["--quiet", "--frozen", "--no-check", "--allow-all"];

/** Loaded before the source. It gets SIGKILL at the step of its `src/core/fault_point.ts` that the environment names. */
const KILLING = `
import { onFaultPoint } from "./src/core/fault_point.ts";
const due = Deno.env.get("OLDER_KILL_AT");
// A command gives up rights that this needs.
Deno.permissions.revokeSync = (descriptor) => Deno.permissions.querySync(descriptor);
onFaultPoint((point) => {
  if (point === due) Deno.kill(Deno.pid, "SIGKILL");
});
`;

export class OlderFtl extends TempFolder {
  #program = this.#fromSource();

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

  /** Runs it in the process of the test, with the packages of the present FTL: `deno.json` has all that it imports. */
  async runHere(args: readonly string[], env: Environment): Promise<Ran> {
    const { main } = await import(`file://${this.path}/src/cli/main.ts`);
    const { createContext } = await import(`file://${this.path}/mod.ts`);
    const { signal } = new AbortController();
    return await collect((streams) =>
      main(args, {
        ...{ ...streams, env, signal, version: "0.1.0" },
        context: (report: unknown) => createContext(env, { report, signal }),
        usesCredentialProcess: () => false,
        keepOnly: () => {},
      })
    );
  }

  /** Starts it to be killed at one of its steps. That works from source only. */
  startToKill(
    args: readonly string[],
    { killAt, env, cwd }: Omit<ProgramOptions, "program"> & { readonly killAt: string },
  ): Deno.ChildProcess {
    const program = this.#fromSource("--preload", this.write("kill.ts", KILLING));
    return startProgram(args, { cwd, env: { ...env, OLDER_KILL_AT: killAt }, program });
  }

  /** Starts it in an environment of its own. */
  start(args: readonly string[], options: Omit<ProgramOptions, "program">): Deno.ChildProcess {
    return startProgram(args, { ...options, program: this.#program });
  }

  #fromSource(...more: string[]): string[] {
    return [Deno.execPath(), "run", ...FROM_SOURCE, ...more, `${this.path}/mod.ts`];
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
