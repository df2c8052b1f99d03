/** The documents in which `ftl` describes itself. */
import { EXIT } from "../../../src/errors.ts";
import { always, count, type Form, list, object, orNull, text, word } from "./shape.ts";

const OPTIONS = list(
  "Options; those of every command come last.",
  object("An option.", {
    name: text("Its name without dashes."),
    short: orNull(text("Its one letter.", "^[a-z]$")),
    value: orNull(text("The name of its value; null if it takes none.")),
    help: text("What it does."),
  }),
);

const JSON_OPTION = {
  name: "json",
  short: null,
  value: null,
  help: "print the result as one JSON document",
};

const generalHelp: Form = {
  of: "`ftl help`, `ftl --help` and `ftl`",
  keys: {
    about: always("The help is about all commands.", null),
    usage: list("How it is called.", text("One form.")),
    commands: list(
      "All commands.",
      object("A command.", { name: text("Its name."), summary: text("What it does.") }),
    ),
    options: OPTIONS,
    environment: list(
      "The variables.",
      object("A variable.", { name: text("Its name."), meaning: text("What it is for.") }),
    ),
    exitCodes: list(
      "All exit codes but those of signals.",
      object("An exit code.", {
        code: { ...count("The number."), maximum: Math.max(...Object.values(EXIT)) },
        meaning: text("What it means."),
      }),
    ),
  },
  example: {
    about: null,
    usage: ["ftl COMMAND [OPTIONS]"],
    commands: [{ name: "sync", summary: "bring this machine in line with S3" }],
    options: [JSON_OPTION],
    environment: [{ name: "FTL_BUCKET", meaning: "the S3 bucket that holds the revisions" }],
    exitCodes: [{ code: 0, meaning: "done" }],
  },
};

const commandHelp: Form = {
  of: "`ftl help COMMAND` and `ftl COMMAND --help`",
  keys: {
    about: text("The command that the help is about."),
    summary: text("What it does."),
    usage: list("How it is called.", text("One form.")),
    details: list("More about it.", text("A paragraph.")),
    options: OPTIONS,
    examples: list(
      "Command lines to copy.",
      object("An example.", { command: text("What to type."), does: text("What it does.") }),
    ),
  },
  example: {
    about: "status",
    summary: "show what runs here, what should run, and what a sync would do",
    usage: ["ftl status [PACKAGE]"],
    details: [],
    options: [JSON_OPTION],
    examples: [{ command: "ftl status", does: "all packages of this machine" }],
  },
};

const version: Form = {
  of: "`ftl --version`",
  keys: {
    version: text("The version of FTL."),
    commit: orNull(text("The commit that it was built from; null if it runs from source.")),
    runtime: text("The runtime: Deno and its version."),
    arch: word("The architecture of the machine.", ["x86_64", "aarch64"]),
  },
  example: { version: "0.2.0", commit: null, runtime: "Deno 2.9.6", arch: "x86_64" },
};

/** By the value of `command`. */
export const HELP_FORMS: Readonly<Record<string, readonly Form[]>> = {
  help: [generalHelp, commandHelp],
  version: [version],
};
