/** Texts that help, manual page and reference share, apart from the table of commands. */
import { SETTINGS } from "../../config.ts";
import { EXIT, EXIT_MEANINGS } from "../../errors.ts";
import type { OptionSpec } from "../command.ts";

/** Continues the program's name. */
export const PURPOSE = "deploys packages to machines, with S3 as the only server";

export const DESCRIPTION =
  "A developer spools a tarball to S3; every machine syncs it down; a jump makes it the running " +
  "version. S3 is the only server: no daemon, no config files. Nothing is visible on a machine " +
  "before it is complete, and 'current' always points to a complete revision.";

/** The environment variables in help and manual page. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ...Object.entries(SETTINGS).map(([name, { meaning, standard }]) => {
    return [name, standard === undefined ? meaning : `${meaning} (${standard})`] as const;
  }),
  ["AWS_*", "region, credentials, endpoint, as for every AWS tool"],
];

export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = Object.entries(
  EXIT,
).map(([name, code]) => {
  return [String(code), EXIT_MEANINGS[name as keyof typeof EXIT]] as const;
});

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

/** `-m, --message TEXT`, with four spaces if there is no short form. */
export function optionName({ name, short, value }: OptionSpec): string {
  const names = `${short === undefined ? "    " : `-${short}, `}--${name}`;
  return value === undefined ? names : `${names} ${value}`;
}
