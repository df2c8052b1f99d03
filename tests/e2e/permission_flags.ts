/** Permissions as narrow as FTL can do with, for programs that are started from source. */
import { type Permission, VARIABLES } from "../../src/cli/permissions.ts";

/**
 * System calls that FTL needs: `hostname`, `uid`, `gid` and `username` for the notes in S3, `homedir` for the
 * shared AWS files if `HOME` is not set, `osRelease` for the SDK's user agent, `statfs` for the room on disk.
 */
const SYSTEM_CALLS: readonly string[] = [
  "hostname",
  "uid",
  "gid",
  "username",
  "homedir",
  "osRelease",
  "statfs",
];

export function permissionFlags(permissions: readonly Permission[]): string[] {
  const flags: Readonly<Record<Permission, string>> = {
    read: "--allow-read",
    write: "--allow-write",
    run: "--allow-run",
    net: "--allow-net",
    env: `--allow-env=${VARIABLES.join(",")}`,
    sys: `--allow-sys=${SYSTEM_CALLS.join(",")}`,
    ffi: "--allow-ffi",
    import: "--allow-import",
  };
  return ["--no-prompt", "--ignore-env", ...permissions.map((permission) => flags[permission])];
}
