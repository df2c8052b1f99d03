/** The texts of `ftl help`, made from the table of commands. */
import { COMMANDS, type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from "./commands.ts";

const WIDTH = 80;

export function generalHelp(version: string): string {
  return [
    `ftl ${version}: deploys packages to machines, with S3 as the only server`,
    "",
    "Usage: ftl COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...columns(COMMANDS.map(({ name, summary }) => [name, summary])),
    "",
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS),
    "",
    "Environment:",
    ...columns([
      ["FTL_BUCKET", "the S3 bucket that holds the revisions"],
      ["FTL_ROOT", "this machine's deployment folder, with a folder for each package"],
      ["AWS_*", "region and credentials, as for every AWS tool"],
    ]),
    "",
    "'ftl help COMMAND' tells more, with examples.",
  ].join("\n");
}

export function commandHelp(spec: CommandSpec): string {
  const [first, ...others] = spec.usage.map((form) => `ftl ${spec.name} ${form}`);
  const sections = [
    [`ftl ${spec.name}: ${spec.summary}`],
    [`Usage: ${first}`, ...others.map((form) => `       ${form}`)],
    ...spec.details.map((paragraph) => wrap(paragraph, WIDTH)),
    spec.options.length === 0 ? [] : ["Options:", ...optionLines(spec.options)],
    spec.examples.length === 0 ? [] : [
      "Examples:",
      ...spec.examples.flatMap(([command, does]) => [`  ${command}`, `      ${does}`]),
    ],
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return columns(options.map(({ name, short, value, help }) => {
    const names = `${short === undefined ? "    " : `-${short}, `}--${name}`;
    return [value === undefined ? names : `${names} ${value}`, help];
  }));
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.flatMap(([left = "", right = ""]) => {
    const [first = "", ...more] = wrap(right, WIDTH - width - 4);
    return [
      `  ${left.padEnd(width)}  ${first}`,
      ...more.map((line) => " ".repeat(width + 4) + line),
    ];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
