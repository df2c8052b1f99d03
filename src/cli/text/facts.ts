/** Texts that help, manual page and reference share, apart from the table of commands. */
import { SETTINGS } from "../../config.ts";
import { EXIT, EXIT_MEANINGS } from "../../errors.ts";
import type { OptionSpec } from "../command.ts";

/** Continues the program's name. */
export const PURPOSE = "deploys packages to machines, with S3 as the only server";

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

/** `-m, --message TEXT`, with four spaces if there is no short form. */
export function optionName({ name, short, value }: OptionSpec): string {
  const names = `${short === undefined ? "    " : `-${short}, `}--${name}`;
  return value === undefined ? names : `${names} ${value}`;
}
