/**
 * FTL, "faster than light": deploys packages to machines, with S3 as the only server.
 *
 * This file is the entry of the command line and the interface for programs, and the only place that
 * touches arguments, environment, signals and exit. Data flows one way from here:
 *
 *     mod.ts -> src/cli -> src/commands -> src/remote, src/archive, src/local -> src/core
 *
 * To see how FTL works, go on with `src/commands/sync/sync.ts`.
 *
 * A program of your own imports it by the path of a clone, or by a name that its `deno.json` gives to that
 * path: `"imports": { "@ftl/ftl": "../ftl/mod.ts" }`. Importing does nothing but define.
 *
 * @example A program that spools a file, blesses it, and brings this machine in line
 * ```ts
 * import { createContext, jumpMaster, spool, sync } from "@ftl/ftl";
 *
 * async function release(file: string): Promise<void> {
 *   // FTL_BUCKET, FTL_ROOT and the usual AWS variables are all that is needed.
 *   const context = createContext(Deno.env.toObject());
 *   const { revision } = await spool(context, file, { message: "nightly" });
 *   await jumpMaster(context, revision);
 *   for (const { activated, failures } of await sync(context)) {
 *     for (const failure of failures) console.error(failure);
 *     if (activated !== undefined) console.log(`${activated} is active`);
 *   }
 * }
 *
 * // deno run --allow-all release.ts my_site.tgz
 * for (const file of Deno.args) await release(file);
 * ```
 *
 * @example A program that activates a revision on this machine, and hears of it
 * ```ts
 * import { createContext, jump, listLocalRevisions } from "@ftl/ftl";
 * import assert from "node:assert/strict";
 *
 * // A machine's root with one package, which has one revision.
 * const root = await Deno.makeTempDir();
 * await Deno.mkdir(`${root}/my_site/revs/VZ5vQk8aR4G`, { recursive: true });
 *
 * const told: string[] = [];
 * const context = createContext({ FTL_ROOT: root }, { report: ({ type }) => told.push(type) });
 * await jump(context, "my_site.VZ5vQk8aR4G");
 *
 * const [revision] = listLocalRevisions(context, "my_site");
 * assert.deepEqual([revision?.revision, revision?.active], ["my_site.VZ5vQk8aR4G", true]);
 * assert.deepEqual(told, ["activated"]);
 *
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @module
 */
import { userInfo } from "node:os";
import { main, type Surroundings } from "./src/cli/main.ts";
import type { Context } from "./src/context.ts";
import { NotesQueue } from "./src/cli/terminal/notes_queue.ts";
import { writeTextBy } from "./src/cli/terminal/output.ts";
import { keepOnly } from "./src/cli/permissions.ts";
import { Config, type Environment } from "./src/config.ts";
import { InterruptedError, INTERRUPTIONS, UsageError } from "./src/errors.ts";
import type { Report } from "./src/events.ts";
import { trustSystemCertificates } from "./src/bucket/aws/certificates.ts";
import { usesCredentialProcess } from "./src/bucket/aws/profile.ts";
import manifest from "./deno.json" with { type: "json" };

export { type Check, type CheckStatus, type Diagnosis, doctor } from "./src/commands/doctor/doctor.ts";
export { jump, jumpMaster } from "./src/commands/jump.ts";
export { jumpBack, jumpBackMaster } from "./src/commands/jump_back.ts";
export {
  type ListedPackage,
  type ListedRevision,
  listLocalPackages,
  listLocalRevisions,
  listMasterPackages,
  listMasterRevisions,
  type ListOptions,
  type MasterRevision,
  type RevisionBlessing,
  type RevisionDetails,
} from "./src/commands/list.ts";
export {
  purge,
  type Purged,
  purgeMaster,
  type PurgeOptions,
  type PurgeTarget,
} from "./src/commands/purge.ts";
export { spool, type Spooled, type SpoolOptions } from "./src/commands/spool/spool.ts";
export { setup, type SetupKind, type SetupOptions, type SetupText } from "./src/commands/setup/setup.ts";
export {
  type LastSync,
  type MasterStatus,
  type PackageStatus,
  type Status,
  status,
} from "./src/commands/status.ts";
export type { BlessOptions } from "./src/catalog/bless.ts";
export type { Jumped } from "./src/machine/jump/local_jump.ts";
export {
  type PackageSync,
  type PlannedSync,
  planSyncs,
  sync,
  type SyncOptions,
} from "./src/commands/sync/sync.ts";
export * from "./src/errors.ts";
export type { Note } from "./src/revision/metadata.ts";
export type { Config } from "./src/config.ts";
export type { FtlEvent, ProgressEvent, Report } from "./src/events.ts";
export type { PostSync } from "./src/plan/sync.ts";
export { parseRevisionName, type Revision, revisionName } from "./src/revision/names.ts";
export type { Context, Environment };

/** How a program follows a command, and ends it. */
export interface ContextOptions {
  /** Told what a command does while it works; nothing is, by default. */
  readonly report?: Report;
  /** Ends a command early: it cleans up and throws the reason. */
  readonly signal?: AbortSignal;
}

/**
 * What the commands work with: configuration from an environment, as `ftl` takes it from the process.
 *
 * Credentials and region are found by the AWS SDK, which looks at the process's own environment too.
 */
export function createContext(env: Environment, options: ContextOptions = {}): Context {
  return {
    config: new Config(env),
    report: options.report ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
    author: () => `${userName(env)}@${Deno.hostname()}`,
    now: () => Date.now(),
    version: manifest.version,
    trustCertificates: () => trustSystemCertificates(Deno.env),
  };
}

/** A standard stream of the process, as the command line wants it. */
function streamOf(stream: typeof Deno.stdout): Surroundings["stdout"] {
  return {
    isTerminal: stream.isTerminal(),
    size: () => {
      try {
        return Deno.consoleSize();
      } catch {
        return undefined;
      }
    },
    write: writeTextBy((bytes) => stream.writeSync(bytes)),
  };
}

/** The same of stderr: what a terminal shows stays in step with the work, all other notes go beside it. */
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

/** Of those, what is no UTF-8 is no text; all others that are none look unset, and scripts inherit them. */
const READ_VARIABLES: readonly string[] = [
  ...["BUCKET", "ROOT", "KEEP", "LOCK_WAIT", "HOOK_TIMEOUT", "CONCURRENCY"].map((n) => `FTL_${n}`),
  ...["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "REGION", "DEFAULT_REGION"]
    .map((n) => `AWS_${n}`),
  ...["ENDPOINT_URL", "ENDPOINT_URL_S3", "CONFIG_FILE", "SHARED_CREDENTIALS_FILE", "CA_BUNDLE"]
    .map((n) => `AWS_${n}`),
];

/** The environment; who reads a variable that is no UTF-8, which the runtime leaves out, gets a `UsageError`. */
function readEnvironment(): Record<string, string> {
  const env = Deno.env.toObject();
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

/** Who runs this: with `sudo` whoever called it, else as the system knows the user. */
function userName(env: Environment): string {
  const named = env["SUDO_USER"] || env["USER"] || env["LOGNAME"];
  if (named) return named;
  try {
    return userInfo().username;
  } catch {
    return `uid ${Deno.uid()}`;
  }
}

/** Aborted by the first signal; a second one ends the process, and its script, at once. */
function listenForSignals(): AbortSignal {
  // Asked before there is any listener: the first one changes what SIGHUP does.
  const hangupIgnored = isHangupIgnored();
  // A file, such as a log, that would grow beyond `ulimit -f` is an error, told as such, rather than the end.
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

const MAY_TAKE_LONG: readonly string[] = ["spool", "sync", "jump", "jump-back", "purge"];

/**
 * Whether whoever started this wants SIGHUP to be ignored, as nohup(1) does: a listener would end that. The
 * runtime cannot tell, but a child inherits it: so one is asked to send the signal to itself.
 */
async function isHangupIgnored(): Promise<boolean> {
  if (!MAY_TAKE_LONG.some((command) => Deno.args.includes(command))) return false;
  // Where it was given fewer rights, the runtime would ask the user for this one.
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

if (import.meta.main) {
  const env = readEnvironment();
  // Read here, as the name of a place: a command that needs the variable reads it again.
  const root = Object.getOwnPropertyDescriptor(env, "FTL_ROOT")?.value ?? "";
  const signal = listenForSignals();
  const stderr = notesStream();
  const code = await main(Deno.args, {
    version: programVersion(),
    env,
    stdout: streamOf(Deno.stdout),
    stderr,
    signal,
    context: (report) => createContext(env, { report, signal }),
    usesCredentialProcess: () => usesCredentialProcess(env),
    keepOnly: (scope) => keepOnly(scope, [root, ...Deno.args]),
  });
  await stderr.settled?.();
  Deno.exit(code);
}
