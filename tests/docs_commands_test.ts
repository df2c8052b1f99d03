/**
 * The commands in the pages: each is one that the command line takes, and each variable is one that somebody reads.
 * What a page shows is copied, often by somebody who has no time to find out what is wrong with it.
 */
import manifest from "../deno.json" with { type: "json" };
import { AWS_VARIABLES } from "../src/bucket/aws/settings.ts";
import { parseArguments } from "../src/cli/arguments.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { GLOBAL_OPTIONS } from "../src/cli/command.ts";
import { SETTINGS } from "../src/config.ts";
import { EXIT, INTERRUPTIONS } from "../src/errors.ts";
import { SCRIPT_VARIABLES } from "../src/revision/scripts.ts";
import { assert, assertEquals } from "./assert.ts";
import { blocksOf, codeIn } from "./markdown.ts";
import { PAGES, read, sourceText } from "./pages.ts";
import { testWith } from "./required_program.ts";
import { commandsOf } from "./shell.ts";

/** What a reader types of a block: after `$ ` where it shows a terminal, all of it where it is shell. */
function typedIn({ language, text }: ReturnType<typeof blocksOf>[number]): string {
  if (language === "sh") return text;
  return text.split("\n").flatMap((line) => /^(?:\w+)?\$ (.*)/.exec(line)?.[1] ?? []).join("\n");
}

/** The words after `ftl`, however it is started; undefined for another command. */
function ftlArguments(words: readonly string[]): readonly string[] | undefined {
  const [first = "", ...rest] = words;
  if (/^[A-Z_]+=|^(do|then|if|while|until|!|time|sudo)$/.test(first)) return ftlArguments(rest);
  if (first === "ftl") return rest;
  return first === "deno" && /^task( --quiet)? ftl /.test(`${rest.join(" ")} `)
    ? rest.slice(rest.indexOf("ftl") + 1)
    : undefined;
}

/** All commands of a script, and those that it runs on other machines. */
function withRemote(script: string): string[][] {
  return commandsOf(script).flatMap((words) => {
    return words[0] === "ssh" ? [words, ...commandsOf(words.slice(2).join(" "))] : [words];
  });
}

/** Why `ftl` would refuse the words; undefined if it would not. */
function refusal(words: readonly string[]): string | undefined {
  const argv = ftlArguments(words);
  if (argv === undefined || argv.includes("$@")) return undefined;
  try {
    parseArguments(argv);
    return undefined;
  } catch (error) {
    return `ftl ${argv.join(" ")}: ${(error as Error).message}`;
  }
}

/** Whether people write it. What is made of the tables of the code has forms with brackets in its blocks. */
function isWritten(path: string): boolean {
  return path !== "docs/reference.md";
}

function tell(
  find: (page: string) => readonly string[],
  isChosen: (path: string) => boolean = () => true,
): string[] {
  return PAGES.filter(isChosen).flatMap((path) =>
    find(read(path)).map((found) => `${path}: ${found}`)
  );
}

Deno.test("commandsOf() finds commands in pipes, substitutions, subshells and after here-documents", () => {
  const script = [
    "revision=$(ftl spool a -m 'one; two') # ftl comment",
    'ftl jump --master "$revision" -m "it\'s $(ftl status `ftl list`)" \\',
    "  --wait 5m > out 2>&1 | grep -v 'ftl x' && (ftl sync; ftl doctor)",
    "cat > file <<'END'\nftl nothing\nEND\nsource <(ftl completions bash)",
  ].join("\n");
  assertEquals(commandsOf(script).filter(([first]) => first === "ftl"), [
    ["ftl", "spool", "a", "-m", "one; two"],
    ["ftl", "list"],
    ["ftl", "status", "$()"],
    ["ftl", "jump", "--master", "$revision", "-m", "it's $()", "--wait", "5m"],
    ["ftl", "sync"],
    ["ftl", "doctor"],
    ["ftl", "completions", "bash"],
  ]);
});

Deno.test("ftl takes every command in the blocks of the pages", () => {
  let count = 0;
  const refused = tell(
    (text) =>
      blocksOf(text).flatMap((block) => withRemote(typedIn(block))).flatMap((words) => {
        if (ftlArguments(words) !== undefined) count++;
        return refusal(words) ?? [];
      }),
    isWritten,
  );
  assertEquals(refused, []);
  assert(count > 100, `${count} commands`);
});

/** What pages show as no command, or as none that works. */
const SHOWN_AS_WRONG = ["ftl rollback", "ftl -_", "ftl COMMAND --help"];

Deno.test("ftl takes every command in the sentences of the pages, but that arguments may be left out", () => {
  let count = 0;
  const refused = tell((text) =>
    codeIn(text).filter((code) => !SHOWN_AS_WRONG.includes(code)).flatMap((code) => {
      // `<name>` stands for a name, and `[name]` for one that may be left out.
      return withRemote(code.replace(/<[a-z ]+>/g, "NAME").replace(/[[\]]/g, ""));
    }).flatMap((words) => {
      if (ftlArguments(words) !== undefined) count++;
      return refusal(words) ?? [];
    }).filter((problem) => !/(an argument is missing|needs a value)$/.test(problem))
  );
  assertEquals(refused, []);
  assert(count > 300, `${count} commands`);
});

/** Options of deno, of `deno task build` and of aws, which pages for users name. */
const OF_OTHER_TOOLS = ["allow-all", "target", "count"];

Deno.test("every option that a page for users names by itself is one that ftl has", () => {
  const known = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }) => options)]
    .map(({ name }) => name).concat(OF_OTHER_TOOLS);
  const optionsOf = (text: string): string[] => {
    return codeIn(text).flatMap((code) => /^--([a-z][a-z-]+)/.exec(code)?.[1] ?? []);
  };
  const isForUsers = (path: string): boolean => {
    return !["CONTRIBUTING.md", "docs/benchmarks.md", "docs/reliability.md"].includes(path);
  };
  assert(tell(optionsOf, isForUsers).length > 100);
  const unknown = tell(
    (text) => optionsOf(text).filter((option) => !known.includes(option)),
    isForUsers,
  );
  assertEquals(unknown, []);
});

/** Variables of the AWS CLI, of the tests, and of pages' own scripts. */
const OF_OTHER_PROGRAMS = [
  "AWS_PAGER",
  "FTL_TEST_EXECUTABLE",
  "FTL_REQUIRE_TOOLS",
  "FTL_KMS_KEY",
];

Deno.test("every variable that a page names is one that ftl, a script or an example reads", () => {
  const known = [
    ...Object.keys(SETTINGS),
    ...Object.keys(SCRIPT_VARIABLES),
    ...AWS_VARIABLES.map(({ name }) => name),
    ...OF_OTHER_PROGRAMS,
  ];
  const sources = sourceText("src/") + sourceText("examples/");
  const unknown = tell((text) => {
    return [...text.matchAll(/\b(?:FTL|AWS)_[A-Z0-9_]+\b/g)].map(([name]) => name)
      .filter((name) => !known.includes(name) && !new RegExp(`\\b${name}\\b`).test(sources));
  });
  assertEquals(unknown, []);
});

Deno.test("every task that a page names is one of deno.json", () => {
  const unknown = tell((text) => {
    return [...text.matchAll(/\bdeno(?:@[\d.]+)? task (?:--quiet )?([a-z0-9-]+)/g)]
      .map(([, name = ""]) => name).filter((name) => !(name in manifest.tasks));
  });
  assertEquals(unknown, []);
});

/** What `health.sh` says of a revision that will never be well, and how the shell tells of a trap. */
const OF_OTHERS = [100, 133];

Deno.test("every exit code that a page names is one of FTL's", () => {
  const known: number[] = [
    ...Object.values(EXIT),
    ...Object.values(INTERRUPTIONS),
    ...OF_OTHERS,
  ];
  const unknown = tell((text) => {
    return [...text.matchAll(/\bexit(?:s|ed)?(?: codes?)?(?: with)? (\d+)\b/gi)]
      .map(([, code = ""]) => code).filter((code) => !known.includes(Number(code)));
  });
  assertEquals(unknown, []);
});

testWith("bash", "a shell can read every block of shell in the pages", async () => {
  const blocks = PAGES.flatMap((path) => {
    return blocksOf(read(path)).filter(({ language }) => language === "sh")
      .map(({ text }) => ({ path, text }));
  });
  assert(blocks.length > 100, `${blocks.length} blocks`);
  const problems = await Promise.all(blocks.map(async ({ path, text }) => {
    const { success, stderr } = await new Deno.Command("bash", {
      args: ["-n", "-c", text],
      env: { LC_ALL: "C" },
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? [] : [`${path}: ${new TextDecoder().decode(stderr)}`];
  }));
  assertEquals(problems.flat(), []);
});
