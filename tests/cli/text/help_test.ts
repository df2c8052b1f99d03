import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { testWith } from "../../required_program.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { completionScript, SHELLS } from "../../../src/cli/completion/completion.ts";
import { commandHelp, generalHelp } from "../../../src/cli/text/help.ts";
import { manualPage } from "../../../scripts/reference/man.ts";
import { makeScreen } from "../../../src/cli/terminal/screen.ts";

Deno.test("help keeps to the width of the terminal", () => {
  for (const width of [60, 80, 100]) {
    const texts = [generalHelp(width), ...COMMANDS.map((spec) => commandHelp(spec, width))];
    for (const line of texts.join("\n").split("\n")) {
      // Usage and examples are for copying: they are never broken.
      if (/^(Usage: | {7}ftl | {2}(ftl|\*|source) )/.test(line)) continue;
      assert(line.length <= width, `${width} columns: ${line}`);
    }
  }
});

Deno.test("help has only characters whose width is known without a table", () => {
  const texts = [generalHelp(80), ...COMMANDS.map((spec) => commandHelp(spec, 80))];
  assertMatch(texts.join("\n"), /^[\x20-\x7e\n]*$/);
});

Deno.test("help names every command, and every command has an example that parses", async () => {
  const { parseArguments } = await import("../../../src/cli/arguments.ts");
  for (const spec of COMMANDS) {
    assertStringIncludes(generalHelp(80), `  ${spec.name} `);
    assertMatch(commandHelp(spec, 80), new RegExp(`^Usage: ftl ${spec.name} `, "m"));
    for (const [example] of spec.examples) {
      // What a command substitution gives is a revision's name.
      const plain = example.replace(/\$\(ftl [^)]*\)/, "a.VZ5vQk8aR4G");
      const words = /(?:^|[( ])ftl ([^)|]*)/.exec(plain)?.[1]?.trim();
      assert(words !== undefined, example);
      const argv = words.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", "")) ?? [];
      assertEquals(parseArguments(argv).command?.name, argv[0], example);
    }
  }
});

Deno.test("the manual page is what the table of commands says", async () => {
  const version = JSON.parse(Deno.readTextFileSync(new URL("../../../deno.json", import.meta.url)));
  const page = manualPage(version.version);
  const stored = await Deno.readTextFile(new URL("../../../docs/ftl.1", import.meta.url));
  assertEquals(stored, page, "run: deno task man");
  for (const { name } of COMMANDS) {
    assertStringIncludes(page, `.SS ${name.replaceAll("-", "\\-")}\n`);
  }
});

for (const shell of SHELLS) {
  testWith(shell, `${shell} accepts its completion script, which knows every command`, async () => {
    const script = completionScript(shell);
    for (const { name } of COMMANDS) assertStringIncludes(script, name);
    const args = shell === "fish" ? ["--no-execute"] : ["-n"];
    const child = new Deno.Command(shell, { args, stdin: "piped", stderr: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { code, stderr } = await child.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  });
}

Deno.test("colors and live lines depend on the terminal and on what the user says", () => {
  const on = (isTerminal: boolean, env: Record<string, string>): [boolean, boolean] => {
    const { color, redraw } = makeScreen({ isTerminal, size: () => undefined }, env);
    return [color, redraw];
  };
  assertEquals(on(true, {}), [true, true]);
  assertEquals(on(false, {}), [false, false]);
  assertEquals(on(true, { NO_COLOR: "1" }), [false, true]);
  assertEquals(on(true, { NO_COLOR: "" }), [true, true]);
  assertEquals(on(false, { FORCE_COLOR: "1" }), [true, false]);
  assertEquals(on(false, { FORCE_COLOR: "1", NO_COLOR: "1" }), [false, false]);
  assertEquals(on(true, { TERM: "dumb" }), [false, false]);
  assertEquals(on(true, { CI: "true" }), [true, false]);
});
