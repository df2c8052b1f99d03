/** Package scripts: what a revision brings along to be run at each step. */
import { InterruptedError, ScriptError } from "../core/errors.ts";
import { type Action, type Hook, SCRIPT_PLACES } from "../core/scripts.ts";
import { readLines } from "./lines.ts";
import type { PackageDir } from "./package_dir.ts";
import { systemCode } from "../core/disk_errors.ts";

/** Milliseconds between SIGTERM and SIGKILL to a script that takes too long. */
const GRACE = 10_000;

interface Script {
  readonly path: string;
  readonly executable: boolean;
}

/** Undefined where the revision has no such script. */
export function findScript(directory: string, hook: Hook): Script | undefined {
  for (const place of SCRIPT_PLACES[hook]) {
    const path = `${directory}/${place}`;
    try {
      const { isFile, mode } = Deno.statSync(path);
      if (isFile) return { path, executable: ((mode ?? 0) & 0o111) !== 0 };
    } catch (error) {
      if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCode(error) ?? "")) throw error;
    }
  }
  return undefined;
}

/** What every script of one command has in common. */
export interface ScriptSetting {
  readonly pkg: PackageDir;
  readonly action: Action;
  /** Ids: the revision that was active before, and the one that will be. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** One line of output, without its newline. */
  readonly onLine: (line: { id: string; hook: Hook; text: string }) => void;
  /** Called when a script begins and when it has ended; not where there is none. */
  readonly onRunning: (script: { id: string; hook: Hook; running: boolean }) => void;
}

/**
 * Runs a revision's script for a step, if it has one. Throws `ScriptError` where it cannot be started,
 * fails, or takes too long; the reason of `signal` where that aborts.
 */
export async function runScript(hook: Hook, id: string, setting: ScriptSetting): Promise<void> {
  const directory = setting.pkg.revisionPath(id);
  const script = findScript(directory, hook);
  if (script === undefined) return;
  const name = `${setting.pkg.revisionName(id)} ${hook}`;
  setting.onRunning({ id, hook, running: true });
  try {
    await runFound(script, { hook, id, name, directory, setting });
  } finally {
    setting.onRunning({ id, hook, running: false });
  }
}

interface FoundScript {
  readonly hook: Hook;
  readonly id: string;
  readonly name: string;
  readonly directory: string;
  readonly setting: ScriptSetting;
}

async function runFound(
  script: Script,
  { hook, id, name, directory, setting }: FoundScript,
): Promise<void> {
  const child = start(script, { name, directory, env: scriptEnvironment(hook, id, setting) });
  const output = [child.stdout, child.stderr].map((stream) =>
    readLines(stream, (text) => setting.onLine({ id, hook, text }))
  );
  const verdict = await waitFor(child, setting);
  // What it has written is read; what a daemon that it left behind will write is not waited for.
  for (const lines of output) await lines.finish();
  if (verdict !== undefined) throw new ScriptError(`${name} failed: ${verdict}`);
}

/** What is added to the environment of `ftl` itself, which a script inherits whole. */
function scriptEnvironment(hook: Hook, id: string, setting: ScriptSetting): Record<string, string> {
  const { pkg, from, to, action } = setting;
  return {
    FTL_HOOK: hook,
    FTL_PID: String(Deno.pid),
    FTL_PACKAGE: pkg.name,
    FTL_REVISION: pkg.revisionName(id),
    FTL_REVISION_DIR: pkg.revisionPath(id),
    FTL_FROM_REVISION: from === undefined ? "" : pkg.revisionName(from),
    FTL_TO_REVISION: to === undefined ? "" : pkg.revisionName(to),
    FTL_CURRENT: pkg.current,
    FTL_ACTION: action,
    FTL_FIRST_DEPLOY: from === undefined ? "1" : "0",
  };
}

interface StartOptions {
  readonly name: string;
  readonly directory: string;
  readonly env: Record<string, string>;
}

/** In a process group of its own, so that all that it starts can be ended with it. */
function start(script: Script, { name, directory, env }: StartOptions): Deno.ChildProcess {
  const spawn = (program: string, args: string[]): Deno.ChildProcess =>
    new Deno.Command(program, {
      args,
      cwd: directory,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  try {
    if (!script.executable) return spawn("/bin/sh", [script.path]);
    try {
      return spawn(script.path, []);
    } catch (error) {
      // A script without `#!`: a shell would run it, so FTL does.
      if (systemCode(error) === "ENOEXEC") return spawn("/bin/sh", [script.path]);
      throw error;
    }
  } catch (error) {
    throw new ScriptError(`${name} failed: cannot start ${script.path}`, {
      cause: error,
      hint: systemCode(error) === "ENOENT"
        ? "Is the interpreter that its first line names on this machine?"
        : undefined,
    });
  }
}

/** What went wrong, or undefined where nothing did. */
async function waitFor(
  child: Deno.ChildProcess,
  { timeout, signal }: ScriptSetting,
): Promise<string | undefined> {
  let late = false;
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    const { reason } = signal;
    if (reason instanceof InterruptedError) {
      reason.insistence.addEventListener("abort", () => signalGroup(child.pid, "SIGKILL"));
    }
    signalGroup(child.pid, "SIGTERM");
    killer ??= setTimeout(() => signalGroup(child.pid, "SIGKILL"), GRACE);
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeout * 1000);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const status = await child.status;
  signal.removeEventListener("abort", end);
  clearTimeout(timer);
  if (killer !== undefined) {
    clearTimeout(killer);
    signalGroup(child.pid, "SIGKILL");
  }
  signal.throwIfAborted();
  if (late) return `it took longer than FTL_HOOK_TIMEOUT, ${timeout} s`;
  if (status.signal !== null) return `ended by ${status.signal}`;
  return status.code === 0 ? undefined : `exit ${status.code}`;
}

function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch (error) {
    // The group is gone: that is what was wanted.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
