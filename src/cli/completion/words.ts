/** The words that may follow in a command line. They are the same for every shell. */
import { SETUP_KINDS } from "../../commands/setup/setup.ts";
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "../command.ts";
import { COMMANDS } from "../commands.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** Seconds that a shell waits for S3. */
const PATIENCE = 3;
/** A function of bash and zsh that runs a command for so long. macOS has no timeout(1), but Perl. */
export const PATIENTLY = `_ftl_patiently() {
  if command -v timeout > /dev/null; then
    timeout ${PATIENCE} "$@"
  else
    perl -e 'alarm shift; exec @ARGV' ${PATIENCE} "$@"
  fi
}`;
/** The same for fish. */
export const PATIENTLY_IN_FISH = `function __ftl_patiently
  if command -q timeout
    timeout ${PATIENCE} $argv
  else
    perl -e 'alarm shift; exec @ARGV' ${PATIENCE} $argv
  end
end`;

export function optionsOf({ options }: Command): readonly OptionSpec[] {
  return [...options, ...GLOBAL_OPTIONS];
}

export function namesOf(options: readonly OptionSpec[]): string[] {
  return options.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
}

/** Options with a free value: nothing can be offered after them. */
export function valuedNames(options: readonly OptionSpec[]): string[] {
  return namesOf(options.filter(({ value }) => value !== undefined));
}

/** Words that are known without asking. Names of packages and revisions are not among them. */
export function fixedWords(spec: Command): string[] {
  if (spec.completes === "setup") return [...SETUP_KINDS];
  if (spec.completes === "shell") return [...SHELLS];
  if (spec.completes === "command") return COMMANDS.map(({ name }) => name);
  return [];
}
