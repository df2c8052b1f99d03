/** FTL 0.1.0 from the history of this repository, to run it beside the present one. */
import { assertEquals } from "../assert.ts";
import { isInstalled, testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import type { Machine, Ran, RunOptions } from "./fleet.ts";

/** The commit of which the executables of 0.1.0 were made. */
const COMMIT = "9f22653eaabfc3796352ce6db1f299efa1ae00c9";
const REPOSITORY = new URL("../..", import.meta.url).pathname;

/**
 * A test that needs the history. A shallow clone and an unpacked archive lack it: there it is skipped, also with
 * `FTL_REQUIRE_TOOLS=1`, as no program that is installed would bring it.
 */
export function testWithHistory(name: string, fn: () => Promise<void>): void {
  if (isInstalled("git") && !hasHistory()) {
    Deno.test({ name: `${name} (needs the history of this repository)`, ignore: true, fn });
  } else testWith("git", name, fn);
}

let found: boolean | undefined;
function hasHistory(): boolean {
  return found ??= git("cat-file", "-e", `${COMMIT}^{tree}`).success;
}

function git(...args: string[]): Deno.CommandOutput {
  // The repository may belong to another user.
  const trust = ["-c", `safe.directory=${REPOSITORY.replace(/\/$/, "")}`];
  return new Deno.Command("git", { args: [...trust, "-C", REPOSITORY, ...args] }).outputSync();
}

export class OlderFtl extends TempFolder {
  constructor() {
    super();
    const { stdout, success } = git("archive", COMMIT, "mod.ts", "src", "deno.json", "deno.lock");
    assertEquals(success, true);
    const archive = this.write("older.tar", new Uint8Array(stdout));
    const tar = new Deno.Command("tar", { args: ["-xf", archive, "-C", this.path] }).outputSync();
    assertEquals(tar.success, true);
  }

  /** Runs the older `ftl` on a machine. */
  async run(
    machine: Machine,
    args: readonly string[],
    { env = {} }: RunOptions = {},
  ): Promise<Ran> {
    const whole = { ...machine.fleet.env, FTL_ROOT: machine.root, ...machine.env, ...env };
    const defined = Object.entries(whole).filter(([, value]) => value !== undefined);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", `${this.path}/mod.ts`, ...args],
      cwd: machine.root,
      env: Object.fromEntries(defined) as Record<string, string>,
      clearEnv: true,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** The same, but it must succeed. Returns its stdout without the last newline. */
  async ok(machine: Machine, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(machine, args, options);
    assertEquals(code, 0, `ftl 0.1.0 ${args.join(" ")}: ${stderr}`);
    return stdout.replace(/\n$/, "");
  }
}
