/** From the words of a command line to a command and its options. */
import { closestString as untypedClosestString } from "@std/text/closest-string";
import { parseArgs as untypedParseArgs } from "@std/cli/parse-args";
import { UsageError } from "../core/errors.ts";
import { quote } from "../core/names.ts";
import { type CommandName, COMMANDS, type CommandSpec, GLOBAL_OPTIONS } from "./commands.ts";

type ParseArgs = (words: readonly string[], options: {
  boolean: string[];
  string: string[];
  alias: Record<string, string>;
  unknown: (word: string, key?: string) => boolean;
}) => { _: string[] } & Record<string, unknown>;

// npm:deno-std has no types: cast at once.
const parseArgs = untypedParseArgs as unknown as ParseArgs;
const closestString = untypedClosestString as unknown as (
  word: string,
  candidates: readonly string[],
) => string;

export interface ParsedArguments {
  /** Undefined for plain `ftl`, `ftl --help` and `ftl --version`. */
  readonly command: CommandName | undefined;
  readonly words: readonly string[];
  /** Flags that were given. */
  readonly flags: ReadonlySet<string>;
  /** Values of options that take one. */
  readonly values: ReadonlyMap<string, string>;
}

/** Throws `UsageError` for an unknown command or option, or a wrong number of arguments. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const [first, ...others] = argv;
  const spec = first === undefined || first.startsWith("-") ? undefined : requireCommand(first);
  const parsed = parseWords(spec, spec === undefined ? argv : others);
  const asksForHelp = parsed.flags.has("help") || parsed.flags.has("version");
  if (spec !== undefined && !asksForHelp) requireCount(spec, parsed.words);
  if (spec === undefined && parsed.words[0] !== undefined) {
    throw new UsageError(`The command comes first: ftl ${parsed.words[0]} ...`, {
      hint: HELP_HINT,
    });
  }
  return { command: spec?.name, ...parsed };
}

const HELP_HINT = "'ftl help' shows the commands";

/** Throws `UsageError` that suggests the nearest. */
export function requireCommand(word: string): CommandSpec {
  const found = COMMANDS.find(({ name }) => name === word);
  if (found !== undefined) return found;
  const nearest = closestString(word, COMMANDS.map(({ name }) => name));
  throw new UsageError(`Unknown command ${quote(word)}`, {
    hint: `Did you mean 'ftl ${nearest}'? ${HELP_HINT}`,
  });
}

function parseWords(
  spec: CommandSpec | undefined,
  words: readonly string[],
): Omit<ParsedArguments, "command"> {
  const options = [...GLOBAL_OPTIONS, ...(spec?.options ?? [])];
  const named = (hasValue: boolean): string[] =>
    options.filter(({ value }) => (value !== undefined) === hasValue).map(({ name }) => name);
  const [clash] = words.slice(0, endOfOptions(words)).filter((word) => PARSERS_OWN.test(word));
  if (clash !== undefined) throw unknownOption(spec, clash, options.map(({ name }) => name));
  const parsed = parseArgs(words, {
    boolean: named(false),
    string: ["_", ...named(true)],
    alias: Object.fromEntries(
      options.flatMap(({ name, short }) => short === undefined ? [] : [[short, name]]),
    ),
    unknown: (word, key) => {
      if (key === undefined) return true;
      throw unknownOption(spec, word, options.map(({ name }) => name));
    },
  });
  return {
    words: parsed._,
    flags: new Set(named(false).filter((name) => parsed[name] === true)),
    values: readValues(spec, named(true), parsed),
  };
}

/** Options by the name under which the parser keeps the words: it would mistake the one for the other. */
const PARSERS_OWN = /^--_$|^--_=|^-[^=-]*_/;

function endOfOptions(words: readonly string[]): number {
  const end = words.indexOf("--");
  return end < 0 ? words.length : end;
}

function readValues(
  spec: CommandSpec | undefined,
  names: readonly string[],
  parsed: Record<string, unknown>,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of names) {
    const value = parsed[name];
    if (value === undefined) continue;
    if (typeof value !== "string" || value === "") {
      throw new UsageError(`--${name} needs a value`, { hint: helpFor(spec) });
    }
    values.set(name, value);
  }
  return values;
}

function unknownOption(
  spec: CommandSpec | undefined,
  word: string,
  names: readonly string[],
): UsageError {
  const bare = word.replace(/^-+/, "").replace(/=.*$/, "");
  const nearest = closestString(bare, names);
  const command = spec === undefined ? "" : `ftl ${spec.name}: `;
  return new UsageError(`${command}Unknown option ${quote(word)}`, {
    hint: `Did you mean --${nearest}? ${helpFor(spec)}`,
  });
}

function requireCount({ name, usage, least, most }: CommandSpec, words: readonly string[]): void {
  if (words.length >= least && words.length <= most) return;
  const problem = words.length < least
    ? "an argument is missing"
    : `one argument too many, ${quote(words[most] ?? "")}`;
  throw new UsageError(`ftl ${name}: ${problem}`, {
    hint: usage.map((form) => `ftl ${name} ${form}`).join("   or   "),
  });
}

function helpFor(spec: CommandSpec | undefined): string {
  return spec === undefined ? HELP_HINT : `'ftl help ${spec.name}' shows its options`;
}
