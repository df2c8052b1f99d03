import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { UsageError } from "../../src/errors.ts";

Deno.test("parseArguments() takes words, flags and values wherever they stand", () => {
  const cases: [argv: string[], words: string[], flags: string[], values: [string, string][]][] = [
    [["sync", "a", "b"], ["a", "b"], [], []],
    [["--json", "sync", "-q", "a"], ["a"], ["json", "quiet"], []],
    [["sync", "-qv"], [], ["quiet", "verbose"], []],
    [["sync", "--dry-run", "false"], ["false"], ["dry-run"], []],
    [["sync", "--dry-run", "true"], ["true"], ["dry-run"], []],
    [["spool", "x", "-m", "hi there"], ["x"], [], [["message", "hi there"]]],
    [["spool", "x", "-mhi"], ["x"], [], [["message", "hi"]]],
    [["spool", "x", "-m", "-x"], ["x"], [], [["message", "-x"]]],
    [["spool", "x", "-m", "--json"], ["x"], [], [["message", "--json"]]],
    [["spool", "x", "-m", ""], ["x"], [], [["message", ""]]],
    [["spool", "x", "--message=a=b"], ["x"], [], [["message", "a=b"]]],
    [["spool", "--", "-x"], ["-x"], [], []],
    [["jump", "--master", "a.VZ5vQk8aR4G"], ["a.VZ5vQk8aR4G"], ["master"], []],
  ];
  for (const [argv, words, flags, values] of cases) {
    const parsed = parseArguments(argv);
    assertEquals(
      [parsed.words, [...parsed.flags].sort(), [...parsed.values]],
      [words, flags, values],
      argv.join(" "),
    );
  }
});

Deno.test("parseArguments() refuses what it does not know, by name", () => {
  const cases: [argv: string[], says: string][] = [
    [["sync", "--bogus"], "Unknown option '--bogus'"],
    [["list", "-x"], "Unknown option '-x'"],
    [["list", "--master=no"], "--master takes no value"],
    [["spool", "x", "-m"], "--message needs a value"],
    [["list", "-m", "x"], "Unknown option '-m'"],
    [["nothing"], "Unknown command 'nothing'"],
    [["jump"], "an argument is missing"],
    [["list", "a", "b"], "one argument too many, 'b'"],
  ];
  for (const [argv, says] of cases) {
    assertThrows(() => parseArguments(argv), UsageError, says);
  }
});

Deno.test("what other tools call it leads to the command, and each suggestion names one that is there", () => {
  const cases: [word: string, meant: RegExp][] = [
    ["rollback", /ftl jump-back PACKAGE/],
    ["undo", /ftl jump-back/],
    ["revert", /ftl jump-back/],
    ["deploy", /ftl spool FILE.*ftl jump --master REVISION/],
    ["push", /ftl spool FILE/],
    ["upload", /ftl spool FILE/],
    ["publish", /ftl spool FILE/],
    ["bless", /ftl jump --master REVISION/],
    ["activate", /ftl jump REVISION/],
    ["update", /ftl sync/],
    ["pull", /ftl sync/],
    ["ls", /ftl list/],
    ["rm", /ftl purge REVISION/],
    ["remove", /ftl purge REVISION/],
    ["delete", /ftl purge REVISION/],
    ["LS", /ftl list/],
  ];
  for (const [word, meant] of cases) {
    const { hint = "" } = assertThrows(() => parseArguments([word]), UsageError, "Unknown command");
    assertMatch(hint, meant, word);
    for (const [, name = ""] of hint.matchAll(/'ftl ([a-z-]+)/g)) {
      assert(COMMANDS.some((command) => command.name === name), hint);
    }
  }
});

Deno.test("an option that may be repeated keeps all its values, in their order", () => {
  const { values, lists } = parseArguments(
    ["spool", "dist", "--exclude", "-x", "--name=a", "--exclude=!b", "--exclude", "--json"],
  );
  assertEquals([...values], [["name", "a"]]);
  assertEquals([...lists], [["exclude", ["-x", "!b", "--json"]]]);
});
