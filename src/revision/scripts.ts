/**
 * Names the package scripts: their places in a revision, their steps, their variables, their first
 * line.
 */

/**
 * What scripts get as `FTL_ACTION`. `rollback`: the health of a new revision failed, and the machine goes back.
 * `adopt`: a sync found that this machine is a copy of another one.
 */
export const ACTIONS = ["sync", "jump", "jump-back", "rollback", "adopt", "remove"] as const;
export type Action = typeof ACTIONS[number];

/** A step at which FTL runs a script of the package. */
export type Step = "post-sync" | "pre-jump" | "post-jump" | "health" | "un-jump" | "pre-remove";

/** Where each script is in a revision: FTL's name first, then the name of the Go original. */
export const SCRIPT_PLACES: Readonly<Record<Step, readonly [string, string]>> = {
  "post-sync": ["post-sync.sh", "ftl/post-spool"],
  "pre-jump": ["pre-jump.sh", "ftl/pre-jump"],
  "post-jump": ["post-jump.sh", "ftl/post-jump"],
  "health": ["health.sh", "ftl/health"],
  "un-jump": ["un-jump.sh", "ftl/un-jump"],
  "pre-remove": ["pre-remove.sh", "ftl/clean"],
};

export const STEPS = Object.keys(SCRIPT_PLACES) as readonly Step[];

/**
 * The variables that FTL adds to a script's environment. The rest of it is the environment of
 * `ftl`.
 */
export const SCRIPT_VARIABLES = {
  FTL_HOOK: "the step: post-sync, pre-jump, post-jump, health, un-jump or pre-remove",
  FTL_PID: "the process of the ftl that runs the script",
  FTL_PACKAGE: "the package's name",
  FTL_REVISION: "the name of the revision that the script belongs to",
  FTL_REVISION_DIR: "that revision's folder",
  FTL_FROM_REVISION: "the name of the revision that was active before; empty if none was",
  FTL_TO_REVISION: "the name of the revision that is to be active; empty if none is",
  FTL_CURRENT: "the path of the link to the active revision",
  FTL_SHARED:
    "a folder of the package that all its revisions share; FTL makes it, and never removes it",
  FTL_ACTION: "what is being done: sync, jump, jump-back, rollback, adopt or remove",
  FTL_ATTEMPT: "in health: 1 in the first attempt, then one more in each; empty in other steps",
  FTL_FIRST_DEPLOY: "1 if no revision was active on this machine before, else 0",
} as const;

/** Linux reads only so many bytes of a first line: BINPRM_BUF_SIZE in linux/binfmts.h. */
export const FIRST_LINE_BYTES = 256;

/** A script's first line, split as the kernel splits it (execve(2), "Interpreter scripts"). */
export interface FirstLine {
  /** The path after `#!`. */
  readonly interpreter: string;
  /**
   * The rest of the line after the interpreter. It is one argument, even if it has several words.
   */
  readonly argument: string | undefined;
  /**
   * Whether a byte order mark stands before `#!`. With such a mark the kernel does not find `#!`.
   */
  readonly hasMark: boolean;
}

/**
 * Parses a script's first line. Undefined if the file does not begin with `#!`, or names no
 * interpreter.
 */
export function parseFirstLine(start: Uint8Array): FirstLine | undefined {
  const hasMark = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
  const bytes = start.subarray(hasMark ? 3 : 0, FIRST_LINE_BYTES);
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined;
  const [line = ""] = new TextDecoder().decode(bytes).slice(2).split("\n", 1);
  const found = /^[ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/s.exec(line);
  const interpreter = found?.[1];
  if (interpreter === undefined) return undefined;
  return { interpreter, argument: found?.[2] || undefined, hasMark };
}

/**
 * The program of a first line that ends in a carriage return, without it. A Windows line end
 * becomes a part of the program's name, `/bin/sh\r`, or `python3\r` after `/usr/bin/env`; no system
 * has such a program. Undefined if the first line is good.
 */
export function programWithCarriageReturn(line: FirstLine): string | undefined {
  const { interpreter, argument } = line;
  if (interpreter.endsWith("\r")) return interpreter.slice(0, -1);
  const isEnv = interpreter.endsWith("/env");
  return isEnv && argument?.endsWith("\r") ? argument.slice(0, -1) : undefined;
}
