/** Turns the words of a command line into a command and its options. */
import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import { nearestOf } from "../nearest.ts";
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { meaningOf } from "./meanings.ts";
import { quote } from "../foreign_text.ts";

export interface ParsedArguments {
  /** Undefined for plain `ftl`, `ftl --help` and `ftl --version`. */
  readonly command: Command | undefined;
  readonly words: readonly string[];
  /** The flags that were given. */
  readonly flags: ReadonlySet<string>;
  /** The values of the options that take one. */
  readonly values: ReadonlyMap<string, string>;
  /** The values of the options that may be given several times, in their order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/** Throws `UsageError` for an unknown command or option, or a wrong number of arguments. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const at = commandPlace(argv);
  const spec = at < 0 ? undefined : requireCommand(argv[at] ?? "");
  const parsed = parseWords(spec, argv.filter((_word, index) => index !== at));
  const asksForHelp = parsed.flags.has("help") || parsed.flags.has("version");
  if (spec !== undefined && !asksForHelp) requireCount(spec, parsed.words);
  return { command: spec, ...parsed };
}

/** The command in the words, even if the rest of them is wrong. */
export function commandIn(argv: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === argv[commandPlace(argv)]);
}

/** Options before the command take no value, so the first other word is the command. */
function commandPlace(argv: readonly string[]): number {
  return argv.findIndex((word) => !word.startsWith("-"));
}

const HELP_HINT = "'ftl help' shows the commands";

/** Throws a `UsageError` with a suggestion. */
export function requireCommand(word: string): Command {
  const found = COMMANDS.find(({ name }) => name === word);
  if (found !== undefined) return found;
  throw new UsageError(`Unknown command ${quote(word)}`, {
    hint: meaningOf(word) ??
      `${suggestion(word, COMMANDS.map(({ name }) => name), "ftl ")}${HELP_HINT}`,
  });
}

function parseWords(
  spec: Command | undefined,
  words: readonly string[],
): Omit<ParsedArguments, "command"> {
  const options = [...GLOBAL_OPTIONS, ...(spec?.options ?? [])];
  const parsed = parseStrictly(spec, joinValues(words, options), options);
  const entries = Object.entries(parsed.values);
  return {
    words: parsed.positionals,
    flags: new Set(entries.filter(([, value]) => value === true).map(([name]) => name)),
    values: new Map(
      entries.flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : []),
    ),
    lists: new Map(
      entries.flatMap(([name, value]) => Array.isArray(value) ? [[name, value as string[]]] : []),
    ),
  };
}

/**
 * Turns `-m -x` and `--message -x` into `--message=-x`: the word after such an option is its value, whatever it
 * is.
 */
function joinValues(words: readonly string[], options: readonly OptionSpec[]): string[] {
  const joined: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return [...joined, word, ...rest];
    const option = options.find(({ name, short, value }) =>
      value !== undefined && (word === `--${name}` || word === `-${short}`)
    );
    const value = option === undefined ? undefined : rest.shift();
    joined.push(option === undefined || value === undefined ? word : `--${option.name}=${value}`);
  }
  return joined;
}

interface StrictlyParsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: string[];
}

/** Parses as https://nodejs.org/api/util.html#utilparseargsconfig describes. Its errors get FTL's words. */
function parseStrictly(
  spec: Command | undefined,
  words: string[],
  options: readonly OptionSpec[],
): StrictlyParsed {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: Object.fromEntries(
        options.map(({ name, short, value, repeatable = false }) => [name, {
          type: value === undefined ? "boolean" : "string",
          multiple: repeatable,
          ...(short === undefined ? {} : { short }),
        }]),
      ),
    });
  } catch (error) {
    throw explain(error, spec, options);
  }
}

function explain(
  error: unknown,
  spec: Command | undefined,
  options: readonly OptionSpec[],
): unknown {
  const { code, message } = error as { code?: string; message: string };
  const word = /'(?:-., )?(--?[^' <]*)/.exec(message)?.[1] ?? "";
  const hint = spec === undefined ? HELP_HINT : `'ftl help ${spec.name}' shows its options`;
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const nearest = suggestion(word.replace(/^-+/, ""), options.map(({ name }) => name), "--");
    return new UsageError(`Unknown option ${quote(word)}`, { hint: nearest + hint });
  }
  if (code !== "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return error;
  const name = options.find((option) => word === `-${option.short}`)?.name ??
    word.replace(/^-+/, "");
  const takesValue = options.some((option) => option.name === name && option.value !== undefined);
  return new UsageError(`--${name} ${takesValue ? "needs a value" : "takes no value"}`, { hint });
}

/** `Did you mean --quiet? `, if a name is similar enough. */
function suggestion(word: string, names: readonly string[], prefix: string): string {
  const nearest = nearestOf(word, names);
  if (nearest === undefined) return "";
  return `Did you mean ${prefix === "--" ? `--${nearest}` : `'${prefix}${nearest}'`}? `;
}

function requireCount({ name, usage, least, most }: Command, words: readonly string[]): void {
  if (words.length >= least && words.length <= most) return;
  const problem = words.length < least
    ? "an argument is missing"
    : `one argument too many, ${quote(words[most] ?? "")}`;
  throw new UsageError(`ftl ${name}: ${problem}`, {
    hint: usage.map((form) => `ftl ${name} ${form}`).join("   or   "),
  });
}
