/** The manual page, `ftl.1`, from the same table as the help (man-pages(7), groff_man(7)). */
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { EXIT_CODES, optionName, PURPOSE, VARIABLES } from "../../src/cli/text/facts.ts";
import { DESCRIPTION, FILES, sentence } from "./facts.ts";

export function manualPage(version: string): string {
  return [
    `.TH FTL 1 "" "ftl ${escape(version)}" "User Commands"`,
    ".SH NAME",
    `ftl \\- ${PURPOSE}`,
    ".SH SYNOPSIS",
    ".B ftl",
    "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    escape(DESCRIPTION),
    ".SH COMMANDS",
    ...COMMANDS.flatMap(command),
    ".SH OPTIONS OF EVERY COMMAND",
    ...GLOBAL_OPTIONS.flatMap(option),
    ".SH ENVIRONMENT",
    ...VARIABLES.flatMap(([name, meaning]) => tagged(`\\fB${escape(name)}\\fR`, meaning)),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(([code, meaning]) => tagged(`\\fB${code}\\fR`, meaning)),
    ".SH FILES",
    ...FILES.flatMap(([path, meaning]) => tagged(`\\fI${path}\\fR`, meaning)),
    "",
  ].join("\n");
}

function command({ name, usage, summary, details, options, examples }: Command): string[] {
  return [
    `.SS ${escape(name)}`,
    ...usage.flatMap((form) => [`\\fBftl ${escape(name)}\\fR ${escape(form)}`, ".br"]).slice(0, -1),
    ".PP",
    escape(sentence(summary)),
    ...details.flatMap((paragraph) => [".PP", escape(paragraph)]),
    ...options.flatMap(option),
    ...examples.flatMap(([example, does]) => tagged(`\\fB${escape(example)}\\fR`, does)),
  ];
}

function option(spec: OptionSpec): string[] {
  return tagged(`\\fB${escape(optionName(spec).trim())}\\fR`, spec.help);
}

function tagged(tag: string, text: string): string[] {
  return [".TP", tag, escape(text)];
}

/** Escapes text for groff: dashes and backslashes are printed as they are, and no line begins with a dot. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
