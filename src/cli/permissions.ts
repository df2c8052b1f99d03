/**
 * What each command may do: the one table that the executable is compiled by, and that each command is bound
 * by before it acts.
 *
 * | command                                     | reads | writes | runs | network | environment, host |
 * | ------------------------------------------- | ----- | ------ | ---- | ------- | ----------------- |
 * | `sync`                                      | yes   | yes    | yes  | yes     | yes               |
 * | `jump`, `jump-back`, `purge`                | yes   | yes    | yes  |         |                   |
 * | `list`, `purge --dry-run`                   | yes   |        |      |         |                   |
 * | `spool`, `status`, `sync --dry-run`, and    | yes   |        | (1)  | yes     | yes               |
 * | whatever has `--master`                     |       |        |      |         |                   |
 * | `doctor`                                    | yes   | yes    | (1)  | yes     | yes               |
 * | `help`, `setup`, `completions`, `--version` |       |        |      |         |                   |
 *
 * (1) Only where the AWS profile in use names a `credential_process`, which is to be run.
 *
 * Making a symbolic link takes the right to read and write everywhere, so paths are not narrowed. The
 * environment is cut to `VARIABLES` in any case; package scripts inherit the whole of it all the same.
 */
import type { ParsedArguments } from "./arguments.ts";

/** Deno's names, https://docs.deno.com/runtime/fundamentals/security/ */
export type Permission = "read" | "write" | "run" | "net" | "env" | "sys";

export type Scope = ReadonlySet<Permission>;

/** The variables of the system that FTL reads, by what they are for. */
export const SYSTEM_VARIABLES: readonly (readonly [names: readonly string[], meaning: string])[] = [
  [["HOME"], "where the folder `.aws` of the shared AWS files lies"],
  [
    ["SUDO_USER", "USER", "LOGNAME"],
    "the author of a revision or a blessing, the first that is set",
  ],
  [["PATH"], "where the programs are looked for that package scripts and AWS profiles name"],
  [["TERM"], "`dumb` for a terminal without colors and live lines"],
  [["NO_COLOR"], "no colors, whatever the terminal"],
  [["FORCE_COLOR"], "colors, also where there is no terminal"],
  [["CI"], "no live lines"],
  [["SSL_CERT_FILE"], "a PEM file: TLS trusts its authorities alone"],
  [
    ["DENO_TLS_CA_STORE"],
    "which authorities TLS trusts: `system`, `mozilla` for those that are built in, or both",
  ],
  [
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    "the proxy on the way to S3",
  ],
  [["NO_PROXY", "no_proxy"], "hosts that are reached without the proxy"],
];

/** The variables that FTL and the AWS SDK read. All others look unset to them. */
export const VARIABLES: readonly string[] = [
  "FTL_*",
  "AWS_*",
  ...SYSTEM_VARIABLES.flatMap(([names]) => names),
];

/**
 * What is asked of the system: `hostname`, `uid`, `gid` and `username` for the notes in S3, `homedir` for the shared AWS
 * files where `HOME` is not set, `osRelease` for the SDK's user agent, `statfs` for the room on disk.
 */
export const SYSTEM_CALLS: readonly string[] = [
  "hostname",
  "uid",
  "gid",
  "username",
  "homedir",
  "osRelease",
  "statfs",
];

/** By name. */
export const SCOPES = {
  nothing: [],
  look: ["read"],
  change: ["read", "write", "run"],
  master: ["read", "net", "env", "sys"],
  "master-with-credential-process": ["read", "net", "env", "sys", "run"],
  doctor: ["read", "write", "net", "env", "sys"],
  sync: ["read", "write", "run", "net", "env", "sys"],
} as const satisfies Record<string, readonly Permission[]>;

export type ScopeName = keyof typeof SCOPES;

/** Every permission: what the executable is compiled with. */
export const ALL: readonly Permission[] = SCOPES.sync;

/** What a command asks for. */
export type Need = Exclude<ScopeName, "master-with-credential-process">;

/**
 * The scope of a command line. `runsCredentialProcess` is asked only for those that go to S3 and would
 * not run anything otherwise.
 */
export function scopeOf(
  { command, flags }: Pick<ParsedArguments, "command" | "flags">,
  runsCredentialProcess: () => boolean,
): ScopeName {
  if (command === undefined || flags.has("help") || flags.has("version")) return "nothing";
  const need = command.scope(flags);
  if (need === "master" && runsCredentialProcess()) return "master-with-credential-process";
  return need === "doctor" && runsCredentialProcess() ? "sync" : need;
}

/**
 * Gives up for good whatever is not in the scope.
 *
 * Deno lets only programs that hold all permissions open files below `/dev`, `/proc` and `/sys`, and who
 * gives up one holds all no more. So a program that was started with all of them, from source, keeps them
 * where one of `paths` leads there, as to `/dev/shm`. The executable never holds all.
 */
export function keepOnly(name: ScopeName, paths: readonly string[]): void {
  const scope: Scope = new Set<Permission>(SCOPES[name]);
  const given = ALL.filter((permission) => !scope.has(permission));
  if (given.length > 0 && holdsAll() && paths.some(leadsToSpecialPlace)) return;
  for (const permission of given) Deno.permissions.revokeSync({ name: permission });
}

/** What no command needs is held only by a program that was given everything. */
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
