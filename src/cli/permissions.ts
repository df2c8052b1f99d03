/**
 * What a command may do. The executable starts with all permissions of the runtime, and each command gives up those
 * that it does not need before it acts. `docs/reference.md` has the table of commands and permissions.
 *
 * A `sync` gives up none. As soon as one is missing, Deno resolves each path before it opens it, folder by folder: that
 * took a quarter to a third of the processor time of a sync. To give up the rest would protect little, as it may run
 * programs anyway.
 *
 * Paths are not limited, because making a symbolic link needs the right to read and write everywhere. FTL
 * itself reads only `VARIABLES` of the environment, but package scripts inherit all of it.
 */
import { SYSTEM_VARIABLES } from "../config.ts";
import type { ParsedArguments } from "./arguments.ts";

/** Deno's names, https://docs.deno.com/runtime/fundamentals/security/ */
export type Permission = "read" | "write" | "run" | "net" | "env" | "sys" | "ffi" | "import";

export type Scope = ReadonlySet<Permission>;

/**
 * The variables that FTL and the AWS SDK read. `FTL_*` is a pattern, so that `ftl doctor` finds a name that is wrong;
 * `AWS_*` is one because the SDK reads many.
 */
export const VARIABLES: readonly string[] = [
  "FTL_*",
  "AWS_*",
  ...SYSTEM_VARIABLES.flatMap(([names]) => names),
];

/** Whether FTL reads the variable. */
export function concernsFtl(name: string): boolean {
  return VARIABLES.some((known) =>
    known.endsWith("*") ? name.startsWith(known.slice(0, -1)) : name === known
  );
}

/** The scopes by name. */
export const SCOPES = {
  nothing: [],
  look: ["read"],
  change: ["read", "write", "run"],
  master: ["read", "net", "env", "sys"],
  "master-with-programs": ["read", "net", "env", "sys", "run"],
  spool: ["read", "write", "net", "env", "sys"],
  doctor: ["read", "write", "net", "env", "sys"],
  show: ["read", "write", "net", "env", "sys"],
  "writes-with-programs": ["read", "write", "run", "net", "env", "sys"],
  sync: ["read", "write", "run", "net", "env", "sys", "ffi", "import"],
} as const satisfies Record<string, readonly Permission[]>;

export type ScopeName = keyof typeof SCOPES;

/** Every permission. The executable is compiled with these. */
export const ALL: readonly Permission[] = SCOPES.sync;

/** Those that write, and run a program only where the AWS profile names one. */
const WITH_WRITES: ReadonlySet<ScopeName> = new Set(["doctor", "show", "spool"]);

/** What a command asks for. */
export type Need = Exclude<ScopeName, "master-with-programs" | "writes-with-programs">;

/** Programs that are no package scripts. Each function is called only for commands that may run it. */
export interface Programs {
  /** Whether a program that the AWS profile names gives the credentials. */
  readonly credentialProcess: () => boolean;
  /** Whether a program signs what `FTL_SIGN_KEY` names. */
  readonly signer: () => boolean;
}

/** The scope of a command line. */
export function scopeOf(
  { command, flags, values, lists }: Pick<
    ParsedArguments,
    "command" | "flags" | "values" | "lists"
  >,
  { credentialProcess, signer }: Programs,
): ScopeName {
  if (command === undefined || flags.has("help") || flags.has("version")) return "nothing";
  const need = command.scope(new Set([...flags, ...values.keys(), ...lists.keys()]));
  if (need === "master" && (credentialProcess() || command.signs && signer())) {
    return "master-with-programs";
  }
  const runsProgram = WITH_WRITES.has(need) && credentialProcess() ||
    need === "spool" && command.signs && signer();
  return runsProgram ? "writes-with-programs" : need;
}

/**
 * Gives up all permissions outside of the scope, for good.
 *
 * Deno opens files below `/dev`, `/proc` and `/sys` only for a program that has all permissions. So they are kept if one
 * of `paths` leads there, for example to `/dev/shm`.
 */
export function keepOnly(name: ScopeName, paths: () => readonly string[]): void {
  const scope: Scope = new Set<Permission>(SCOPES[name]);
  const given = ALL.filter((permission) => !scope.has(permission));
  const usesFiles = given.length > 0 && scope.has("read");
  if (usesFiles && holdsAll() && paths().some(leadsToSpecialPlace)) return;
  for (const permission of given) Deno.permissions.revokeSync({ name: permission });
}

/** From source, FTL may have been started with fewer. */
function holdsAll(): boolean {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

function leadsToSpecialPlace(path: string): boolean {
  try {
    return /^\/(dev|proc|sys)(\/|$)/.test(Deno.realPathSync(path));
  } catch {
    return false;
  }
}
