/** The process of `ftl`: only this file touches its arguments, environment, signals and exit. */
import manifest from "../../deno.json" with { type: "json" };
import type { Context } from "../context.ts";
import { Config, type Environment, SETTINGS } from "../config.ts";
import { InterruptedError, INTERRUPTIONS, UsageError } from "../errors.ts";
import type { Report } from "../events.ts";
import { usesCredentialProcess } from "../bucket/aws/profile.ts";
import { AWS_VARIABLES } from "../bucket/aws/settings.ts";
import { commandIn } from "./arguments.ts";
import { main, type Surroundings } from "./main.ts";
import { concernsFtl, keepOnly } from "./permissions.ts";
import { NotesQueue } from "./terminal/notes_queue.ts";
import { writeTextBy } from "./terminal/output.ts";

/** The type of `createContext` in `mod.ts`. */
type ContextMaker = (
  env: Environment,
  options: { readonly report: Report; readonly signal: AbortSignal },
) => Context;

/** Runs `ftl` and ends the process. */
export async function runProgram(createContext: ContextMaker): Promise<never> {
  const env = readEnvironment();
  // Read here only as the name of a place. A command that needs the variable reads it again.
  const root = Object.getOwnPropertyDescriptor(env, "FTL_ROOT")?.value ?? "";
  const signal = listenForSignals();
  const stderr = notesStream();
  const code = await main(Deno.args, {
    version: programVersion(),
    env,
    system: Deno.build.os,
    stdout: streamOf(Deno.stdout),
    stderr,
    signal,
    context: (report) => createContext(env, { report, signal }),
    programs: {
      credentialProcess: () => usesCredentialProcess(env),
      signer: () => new Config(env).signsByProgram,
    },
    keepOnly: (scope) => keepOnly(scope, () => [root, ...linksIn(root), ...Deno.args]),
  });
  await stderr.settled?.();
  Deno.exit(code);
}

/** The folders of packages that lie elsewhere. */
function linksIn(root: string): string[] {
  try {
    return Array.from(Deno.readDirSync(root)).filter(({ isSymlink }) => isSymlink)
      .map(({ name }) => `${root}/${name}`);
  } catch {
    return [];
  }
}

/** A standard stream of the process, in the form that the command line needs. */
function streamOf(stream: typeof Deno.stdout): Surroundings["stdout"] {
  return {
    isTerminal: stream.isTerminal(),
    size: () => {
      // The call looks at all three, too. Where none is a terminal, its error would take longer than these looks.
      if (![Deno.stdin, Deno.stdout, Deno.stderr].some((one) => one.isTerminal())) return undefined;
      try {
        return Deno.consoleSize();
      } catch {
        return undefined;
      }
    },
    write: writeTextBy((bytes) => stream.writeSync(bytes)),
  };
}

/**
 * The same for stderr. A terminal is written to in step with the work; other readers get their notes beside the
 * work.
 */
function notesStream(): Surroundings["stderr"] {
  const stream = streamOf(Deno.stderr);
  if (stream.isTerminal) return stream;
  const queue = new NotesQueue((bytes) => Deno.stderr.write(bytes));
  return { ...stream, write: (text) => queue.add(text), settled: () => queue.settled() };
}

/** The build adds the commit to the manifest. */
function programVersion(): Surroundings["version"] {
  const { version, commit = null } = manifest as { version: string; commit?: string };
  return { version, commit, runtime: `Deno ${Deno.version.deno}`, arch: Deno.build.arch };
}

/** If one of these is not UTF-8, reading it is an error. Any other such variable looks unset. */
const READ_VARIABLES: readonly string[] = [
  ...Object.keys(SETTINGS),
  ...AWS_VARIABLES.map(({ name }) => name),
];

/**
 * The environment, without what does not concern FTL. The runtime leaves out a variable that is not UTF-8; reading it
 * here throws a `UsageError`.
 */
function readEnvironment(): Record<string, string> {
  const env = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => concernsFtl(name)),
  );
  for (const name of READ_VARIABLES) {
    if (name in env || isReadable(name)) continue;
    Object.defineProperty(env, name, {
      get: () => {
        throw new UsageError(`${name} is not UTF-8, which is all that ftl can read`, {
          hint: `export ${name}=<the same in UTF-8>`,
        });
      },
    });
  }
  return env;
}

function isReadable(name: string): boolean {
  try {
    Deno.env.get(name);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.InvalidData);
  }
}

/** Aborted by the first signal. A second signal ends the process, and its script, at once. */
function listenForSignals(): AbortSignal {
  // This must come before any listener: the first listener changes the effect of SIGHUP.
  const hangupIgnored = isHangupIgnored();
  // A file, such as a log, that grows beyond `ulimit -f` then gives an error, and does not end the process.
  Deno.addSignalListener("SIGXFSZ", () => {});
  const controller = new AbortController();
  let first: InterruptedError | undefined;
  const interrupt = (name: keyof typeof INTERRUPTIONS): void => {
    if (first !== undefined) {
      first.insist();
      Deno.exit(first.exitCode);
    }
    first = new InterruptedError(name);
    controller.abort(first);
  };
  for (const name of ["SIGINT", "SIGQUIT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => interrupt(name));
  }
  Deno.addSignalListener("SIGHUP", () => {
    hangupIgnored.then((ignored) => ignored || interrupt("SIGHUP"));
  });
  return controller.signal;
}

/**
 * Whether the parent process wants SIGHUP to be ignored, as nohup(1) does; a listener would end that. The
 * runtime cannot show it, but a child inherits it. So a child sends the signal to itself.
 */
async function isHangupIgnored(): Promise<boolean> {
  if (!commandIn(Deno.args)?.mayTakeLong) return false;
  // If the process has fewer permissions, the runtime would ask the user for this one.
  const { state } = Deno.permissions.querySync({ name: "run", command: "/bin/sh" });
  if (state !== "granted") return false;
  try {
    const args = ["-c", "kill -s HUP $$"];
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command("/bin/sh", options).spawn().status).success;
  } catch {
    return false;
  }
}
