/** The manual page, `ftl.1`, from the same table as the help (man-pages(7), groff_man(7)). */
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { EXIT_CODES, optionName, VARIABLES } from "./help.ts";

export function manualPage(version: string): string {
  return [
    `.TH FTL 1 "" "ftl ${escape(version)}" "User Commands"`,
    ".SH NAME",
    "ftl \\- deploys packages to machines, with S3 as the only server",
    ".SH SYNOPSIS",
    ".B ftl",
    "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    escape(
      "A developer spools a tarball to S3; every machine syncs it down; a jump makes it the running " +
        "version. S3 is the only server: no daemon, no config files. Nothing is visible on a machine " +
        "before it is complete, and 'current' always points to a complete revision.",
    ),
    ".SH COMMANDS",
    ...COMMANDS.flatMap(command),
    ".SH OPTIONS OF EVERY COMMAND",
    ...GLOBAL_OPTIONS.flatMap(option),
    ".SH ENVIRONMENT",
    ...VARIABLES.flatMap(([name, meaning]) => tagged(`\\fB${escape(name)}\\fR`, meaning)),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(([code, meaning]) => tagged(`\\fB${code}\\fR`, meaning)),
    ".SH FILES",
    ...tagged("\\fI$FTL_ROOT/PACKAGE/current\\fR", "link to the active revision"),
    ...tagged("\\fI$FTL_ROOT/PACKAGE/previous\\fR", "link to the one that was active before"),
    ...tagged("\\fI$FTL_ROOT/PACKAGE/revs/ID/\\fR", "a revision: complete, or not there at all"),
    "",
  ].join("\n");
}

function command({ name, usage, summary, details, options, examples }: Command): string[] {
  return [
    `.SS ${escape(name)}`,
    ...usage.flatMap((form) => [`\\fBftl ${escape(name)}\\fR ${escape(form)}`, ".br"]).slice(0, -1),
    ".PP",
    escape(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
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

/** Text that groff prints as it is: a dash is a dash, a backslash one, no line begins with a dot. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
