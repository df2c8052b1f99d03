/** Texts that manual page and reference have besides those of the help. */

export const DESCRIPTION =
  "A developer spools a tarball to S3; every machine syncs it down; a jump makes it the running " +
  "version. S3 is the only server: no daemon, no config files. Nothing is visible on a machine " +
  "before it is complete, and 'current' always points to a complete revision.";

/** The places of a machine's packages. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ["$FTL_ROOT/PACKAGE/current", "link to the active revision"],
  ["$FTL_ROOT/PACKAGE/previous", "link to the revision that was active before"],
  ["$FTL_ROOT/PACKAGE/revs/ID/", "a revision: complete, or not there at all"],
];

/** Turns `bring this machine in line with S3` into a sentence. */
export function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
