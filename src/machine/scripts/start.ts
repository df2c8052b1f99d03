/** Starts a package script, or explains why the system cannot start it. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf } from "../../errors.ts";
import { programWithCarriageReturn } from "../../revision/scripts.ts";
import type { ScriptFile } from "./file.ts";

const SHELL = "/bin/sh";

/**
 * An open file as a child's stream. `Deno.Command` accepts its number, because `node:child_process` needs that;
 * its types do not say so.
 */
export function asStream(fd: number): "null" {
  return fd as unknown as "null";
}

export interface StartOptions {
  /** The revision's folder, which is the script's working directory. */
  readonly directory: string;
  /** Variables added to the environment of `ftl`. A script inherits both. */
  readonly env: Record<string, string>;
  /** For stdout and stderr: the number of an open file. Undefined discards them. */
  readonly output: number | undefined;
}

/** Why a script could not be started, and what to do about it. */
export class StartFailure extends Error {
  /** @param mayPass whether a later attempt may succeed */
  constructor(message: string, readonly hint: string | undefined, readonly mayPass = false) {
    super(message);
  }
}

/** The system lacks something at this moment, or somebody is writing the script. */
const PASSING: readonly (string | undefined)[] = [
  "EAGAIN",
  "ENOMEM",
  "EMFILE",
  "ENFILE",
  "ETXTBSY",
];

/**
 * Starts the script in its own process group, so that all its children can be ended with it. Throws
 * `StartFailure`.
 */
export function startScript(script: ScriptFile, options: StartOptions): Deno.ChildProcess {
  const { program, args } = commandOf(script, options.directory);
  try {
    try {
      return spawn(program, args, options);
    } catch (error) {
      // The script has no `#!`. A shell would run it, so FTL does too.
      if (systemCode(error) !== "ENOEXEC") throw error;
      return spawn(SHELL, [script.path], options);
    }
  } catch (error) {
    throw explainStart(script, { program, error, directory: options.directory });
  }
}

interface CommandLine {
  readonly program: string;
  readonly args: string[];
}

/**
 * The kernel reads the first line of an executable file. For all other files FTL reads it as the kernel does.
 */
function commandOf(script: ScriptFile, directory: string): CommandLine {
  const { path, executable, firstLine } = script;
  if (executable && !firstLine?.hasMark) return { program: path, args: [] };
  if (firstLine === undefined) return { program: SHELL, args: [path] };
  const { interpreter, argument } = firstLine;
  return {
    // The kernel resolves a relative path from the working directory, which is the revision's folder.
    program: interpreter.startsWith("/") ? interpreter : `${directory}/${interpreter}`,
    args: argument === undefined ? [path] : [argument, path],
  };
}

function spawn(
  program: string,
  args: string[],
  { directory, env, output }: StartOptions,
): Deno.ChildProcess {
  const stream = output === undefined ? "null" : asStream(output);
  return new Deno.Command(program, {
    args,
    cwd: directory,
    env,
    stdin: "null",
    stdout: stream,
    stderr: stream,
    detached: true,
  }).spawn();
}

interface FailedStart {
  readonly program: string;
  readonly error: unknown;
  readonly directory: string;
}

function explainStart(script: ScriptFile, failed: FailedStart): StartFailure {
  const { firstLine } = script;
  if (firstLine !== undefined) {
    const wanted = programWithCarriageReturn(firstLine);
    if (wanted !== undefined) {
      return new StartFailure(
        "its first line has a CRLF line end, so the system looks for a program called " +
          JSON.stringify(`${wanted}\r`),
        "Give the script Unix line ends and spool the package again",
      );
    }
    const { interpreter } = firstLine;
    const path = interpreter.startsWith("/") ? interpreter : `${failed.directory}/${interpreter}`;
    const wrong = whatIsWrongWith(path);
    if (wrong !== undefined) {
      return new StartFailure(
        `its first line names ${interpreter}, which ${wrong}`,
        "Install it on this machine, or let the first line name another interpreter",
      );
    }
  }
  return explainSystem(script, failed);
}

/** What is wrong with an interpreter's file; undefined if nothing is. */
function whatIsWrongWith(path: string): string | undefined {
  try {
    const { isFile, mode } = Deno.statSync(path);
    if (!isFile) return "is not a file";
    return ((mode ?? 0) & 0o111) === 0 ? "is not executable" : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "is not on this machine";
    return messageOf(explainDiskError(error, "cannot be read"));
  }
}

function explainSystem(script: ScriptFile, { program, error }: FailedStart): StartFailure {
  const code = systemCode(error);
  if (code === "EACCES") {
    return new StartFailure(
      `the system does not let ${program} run: permission denied`,
      "Is its file system mounted with noexec? mount shows it",
    );
  }
  if (code === "ENOENT" && program === SHELL) {
    return new StartFailure(`${SHELL}, which is to run it, is not on this machine`, undefined);
  }
  if (code === "ENOENT" && program === script.path) {
    return new StartFailure(
      "the interpreter or loader that it asks for is not on this machine",
      `See what it needs: file ${program}; ldd ${program}`,
    );
  }
  const reason = messageOf(error).replace(/^Failed to spawn '.*?': /s, "");
  const mayPass = PASSING.includes(code);
  return new StartFailure(`the system does not start ${program}: ${reason}`, undefined, mayPass);
}
