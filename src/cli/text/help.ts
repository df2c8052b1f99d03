/** The texts of `ftl help`, made from the table of commands. */
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import type { Payload } from "./documents.ts";
import { EXIT_CODES, optionName, PURPOSE, VARIABLES } from "./facts.ts";
import { wrapAscii } from "./wrap.ts";

/** Columns. Wider text is hard to read, on any terminal. */
const WIDEST = 100;
const NARROWEST = 40;

/** `ftl help`, for a width in columns. */
export function generalHelp(width: number): string {
  const columns = clamp(width);
  return [
    ...wrapAscii(`ftl ${PURPOSE}.`, columns),
    "",
    "Usage: ftl COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...table(COMMANDS.map(({ name, summary }) => [name, summary]), columns),
    "",
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS, columns),
    "",
    "Environment:",
    ...table(VARIABLES, columns),
    "",
    "The main job:",
    ...table([
      ["ftl spool my_site.tgz", "uploads a new revision to S3; prints its name"],
      ["ftl sync", "on each machine: fetches it"],
      ["ftl jump --master REVISION", "blesses it: each machine's next sync activates it"],
      ["ftl jump-back --master my_site", "goes back to the revision before"],
    ], columns),
    "",
    ...wrapAscii("'ftl help COMMAND' shows more, with examples.", columns),
  ].join("\n");
}

/** `ftl help COMMAND`, for a width in columns. */
export function commandHelp(spec: Command, width: number): string {
  const columns = clamp(width);
  const [first, ...others] = spec.usage.map((form) => `ftl ${spec.name} ${form}`);
  const sections = [
    wrapAscii(`ftl ${spec.name}: ${spec.summary}`, columns),
    [`Usage: ${first}`, ...others.map((form) => `       ${form}`)],
    ...spec.details.map((paragraph) => wrapAscii(paragraph, columns)),
    spec.options.length === 0 ? [] : ["Options:", ...optionLines(spec.options, columns)],
    spec.examples.length === 0 ? [] : ["Examples:", ...table(spec.examples, columns)],
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

/** The general help for programs. */
export function generalHelpJson(): Payload {
  return {
    about: null,
    usage: ["ftl COMMAND [OPTIONS]"],
    commands: COMMANDS.map(({ name, summary }) => ({ name, summary })),
    options: GLOBAL_OPTIONS.map(optionEntry),
    environment: VARIABLES.map(([name, meaning]) => ({ name, meaning })),
    exitCodes: EXIT_CODES.map(([code, meaning]) => ({ code: Number(code), meaning })),
  };
}

/** The help of a command for programs. */
export function commandHelpJson(
  { name, usage, summary, details, options, examples }: Command,
): Payload {
  return {
    about: name,
    summary,
    usage: usage.map((form) => `ftl ${name} ${form}`),
    details,
    options: [...options, ...GLOBAL_OPTIONS].map(optionEntry),
    examples: examples.map(([command, does]) => ({ command, does })),
  };
}

function optionEntry({ name, short = null, value = null, help }: {
  readonly name: string;
  readonly short?: string | null;
  readonly value?: string | null;
  readonly help: string;
}): Payload {
  return { name, short, value, help };
}

function optionLines(options: readonly OptionSpec[], width: number): string[] {
  return table(options.map((option) => [optionName(option), option.help]), width);
}

/** Two columns. The right one goes below the left one if there is no room beside it. */
function table(rows: readonly (readonly [left: string, right: string])[], width: number): string[] {
  const leftWidth = Math.max(...rows.map(([left]) => left.length));
  const indent = leftWidth + 4;
  if (width - indent < 24) {
    return rows.flatMap(([left, right]) => [
      `  ${left.trim()}`,
      ...wrapAscii(right, width - 6).map((line) => `      ${line}`),
    ]);
  }
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapAscii(right, width - indent);
    return [
      `  ${left.padEnd(leftWidth)}  ${first}`,
      ...more.map((line) => " ".repeat(indent) + line),
    ];
  });
}

function clamp(width: number): number {
  return Math.min(WIDEST, Math.max(NARROWEST, width));
}
