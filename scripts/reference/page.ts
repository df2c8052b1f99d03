/** The reference, `docs/reference.md`: every table of the code as a page for people. */
import { AWS_VARIABLES } from "../../src/bucket/aws/settings.ts";
import { SETTINGS, SYSTEM_VARIABLES } from "../../src/config.ts";
import { INTERRUPTIONS } from "../../src/errors.ts";
import { SCRIPT_PLACES, SCRIPT_VARIABLES } from "../../src/revision/scripts.ts";
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Permission, SCOPES } from "../../src/cli/permissions.ts";
import { EXIT_CODES, optionName, PURPOSE } from "../../src/cli/text/facts.ts";
import { FILES, sentence } from "./facts.ts";
import { IAM_ROLES, iamPolicy } from "../../src/commands/setup/iam.ts";
import { documentLink, jsonChapter } from "./json.ts";
import { bullets, code, codeBlock, heading, page, paragraph, plain, table } from "./markdown.ts";

export function referencePage(): string {
  return page([
    "<!-- Made by `deno task reference` from the tables of the code: change those, not this page. -->",
    heading(1, "Reference"),
    paragraph(
      `\`ftl\` ${PURPOSE}. This page has every command, option, variable, exit code and JSON document; ` +
        "`ftl help` and `man ftl` describe the same commands.",
    ),
    bullets([
      "[Commands](#commands) and the [options of every command](#options-of-every-command)",
      "[Variables](#variables)",
      "[Package scripts](#package-scripts)",
      "[Files](#files)",
      "[Exit codes](#exit-codes)",
      "[Permissions](#permissions)",
      "[Rights in S3](#rights-in-s3)",
      "[JSON](#json)",
    ]),
    heading(2, "Commands"),
    table(
      ["command", "does"],
      COMMANDS.map((
        { name, summary },
      ) => [`[${code(`ftl ${name}`)}](#ftl-${name})`, plain(summary)]),
    ),
    ...COMMANDS.flatMap(command),
    heading(2, "Options of every command"),
    optionTable(GLOBAL_OPTIONS),
    ...variables(),
    ...scripts(),
    heading(2, "Files"),
    table(["path", "what it is"], FILES.map(([path, meaning]) => [code(path), plain(meaning)])),
    ...exitCodes(),
    ...permissions(),
    ...rights(),
    ...jsonChapter(),
  ]);
}

function command({ name, usage, summary, details, options, examples }: Command): string[] {
  return [
    heading(3, `ftl ${name}`),
    codeBlock("sh", usage.map((form) => `ftl ${name} ${form}`)),
    paragraph(plain(sentence(summary))),
    ...details.map((text) => paragraph(plain(text))),
    options.length === 0 ? "" : optionTable(options),
    examples.length === 0 ? "" : table(
      ["example", "does"],
      examples.map(([example, does]) => [code(example), plain(does)]),
    ),
    paragraph(`With \`--json\`: [its document](${documentLink(name)}).`),
  ];
}

function optionTable(options: readonly OptionSpec[]): string {
  return table(
    ["option", "does"],
    options.map((option) => [code(optionName(option).trim()), plain(option.help)]),
  );
}

function variables(): string[] {
  const settings = Object.entries(SETTINGS).map(([name, setting]) => {
    const { meaning, standard, least, most } = setting;
    return [
      code(name),
      plain(meaning),
      standard === undefined ? "" : String(standard),
      least === undefined ? "" : `${least} to ${most}`,
    ];
  });
  return [
    heading(2, "Variables"),
    paragraph("FTL has no configuration files: all settings are in the environment."),
    table(["variable", "meaning", "default", "from, to"], settings),
    paragraph(
      "FTL and the AWS SDK read the variables and shared files that every AWS tool reads. FTL itself " +
        "looks at these:",
    ),
    table(["variable", "meaning"], AWS_VARIABLES.map(({ name, meaning }) => [code(name), meaning])),
    paragraph("It also looks at these variables of the system:"),
    table(
      ["variable", "meaning"],
      SYSTEM_VARIABLES.map(([names, meaning]) => [names.map(code).join(", "), meaning]),
    ),
  ];
}

function scripts(): string[] {
  return [
    heading(2, "Package scripts"),
    paragraph(
      "A revision may have scripts, each for a step of its life. If FTL's name for a script is missing, " +
        "the Go original's name is used. See [packages](packages.md) for what they may do.",
    ),
    table(
      ["step", "script", "in packages of the Go original"],
      Object.entries(SCRIPT_PLACES).map(([step, places]) => [step, ...places.map(code)]),
    ),
    paragraph("Scripts get the environment of `ftl`, and these variables:"),
    table(
      ["variable", "meaning"],
      Object.entries(SCRIPT_VARIABLES).map(([name, meaning]) => [code(name), plain(meaning)]),
    ),
  ];
}

function exitCodes(): string[] {
  const signals = Object.entries(INTERRUPTIONS)
    .map(([signal, exit]) => [String(exit), `interrupted by ${signal}`]);
  return [
    heading(2, "Exit codes"),
    table(["code", "meaning"], [
      ...EXIT_CODES.map(([exit, meaning]) => [exit, plain(meaning)]),
      ...signals,
    ]),
    paragraph(
      "A command that goes on after failures, as `sync` does with the other packages, ends with 6 if a " +
        "package script failed in any of them. Otherwise it ends with the code of the first failure, and `sync` " +
        "takes the packages in the given order, or in the order of their names: if my_api failed by a lock (4) " +
        "and my_site by a damaged archive (5), it is 4. With `--json` each failure has its own code. " +
        "[Errors](errors.md) says what to do.",
    ),
  ];
}

/** The columns of the table of permissions. */
const MAY: readonly (readonly [may: string, permissions: readonly Permission[]])[] = [
  ["reads", ["read"]],
  ["writes", ["write"]],
  ["runs programs", ["run"]],
  ["uses the network", ["net"]],
  ["environment and host", ["env", "sys"]],
];

function permissions(): string[] {
  return [
    heading(2, "Permissions"),
    paragraph(
      "Before it acts, the executable gives up the permissions that a command does not need. A command " +
        "that asks S3 may also run programs if the AWS profile in use names a `credential_process`; one that " +
        "signs, if `FTL_SIGN_KEY` is anything but the text of a key. `sync` keeps all permissions, those of the " +
        "runtime that are not in the table too: [why](safety.md#what-each-command-may-do).",
    ),
    table(
      ["command", ...MAY.map(([may]) => may)],
      COMMANDS.flatMap(modes).map(({ line, may }) => [
        code(line),
        ...MAY.map(([, needed]) => needed.every((one) => may.includes(one)) ? "yes" : ""),
      ]),
    ),
  ];
}

/** A command by itself, and with each option that changes its permissions. */
function modes(spec: Command): { line: string; may: readonly Permission[] }[] {
  const plainScope = spec.scope(new Set());
  const options = spec.options.filter(({ name }) => spec.scope(new Set([name])) !== plainScope);
  return [
    { line: `ftl ${spec.name}`, may: SCOPES[plainScope] },
    ...options.map(({ name }) => ({
      line: `ftl ${spec.name} --${name}`,
      may: SCOPES[spec.scope(new Set([name]))],
    })),
  ];
}

/** The policies of `ftl setup iam`, as for a bucket called `my-deploys`. */
function rights(): string[] {
  const bucket = "my-deploys";
  const rows = IAM_ROLES.flatMap((role) => {
    const { Statement } = iamPolicy(role, { bucket, region: "us-east-1" }, []);
    return Statement.map(({ Action, Resource }) => [
      code(role),
      Action.map(code).join(", "),
      Resource.map((arn) => code(arn.replace(/^arn:aws:s3:::/, ""))).join(", "),
    ]);
  });
  return [
    heading(2, "Rights in S3"),
    paragraph(
      "`ftl setup iam` prints these rights as policies, one for each kind of caller. `?` stands for one " +
        `character, \`*\` for any number; the bucket here is \`${bucket}\`. With packages at the end, the ` +
        "first `*` of a key is the package's name, and `s3:ListBucket` is limited to their prefixes. A " +
        "bucket that a KMS key encrypts needs [more](operating.md#encryption-with-kms).",
    ),
    table(["role", "may", "on"], rows),
  ];
}
