/** What `deno task test` says of tests that a machine cannot run. */
import { assertEquals } from "./assert.ts";
import { TempFolder } from "./temp.ts";

interface Told {
  readonly code: number;
  /** What comes after Deno's own report, without empty lines. */
  readonly end: readonly string[];
}

/** Runs a file of tests as the task does. `testWith` is there, and `Deno.test`. */
async function runTests(tests: string, env: Record<string, string> = {}): Promise<Told> {
  using folder = new TempFolder();
  const needs = import.meta.resolve("./required_program.ts");
  const file = folder.write("x_test.ts", `import { testWith } from "${needs}";\n${tests}`);
  const runner = new URL("../scripts/test.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", runner, "--no-check", file],
    env: { NO_COLOR: "1", FTL_REQUIRE_TOOLS: "", ...env },
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return {
    code,
    end: lines.slice(lines.findLastIndex((line) => /^(ok|FAILED) \|/.test(line)) + 1),
  };
}

const SKIPPING = `
Deno.test("here", () => {});
testWith(["sh-of-nowhere", { what: "a moon", isMet: () => false }], "not here", () => {});
`;

Deno.test("what is skipped is named with what it needs, and counted in the last line", async () => {
  assertEquals(await runTests(SKIPPING), {
    code: 0,
    end: [
      "Skipped, because this machine cannot run them:",
      "  not here: it needs sh-of-nowhere, a moon",
      "1 passed, 0 failed, 1 skipped",
    ],
  });
});

Deno.test("with FTL_REQUIRE_TOOLS=1 what cannot run fails", async () => {
  const { code, end } = await runTests(SKIPPING, { FTL_REQUIRE_TOOLS: "1" });
  assertEquals([code, end.at(-1)], [1, "1 passed, 1 failed, 0 skipped"]);
});

Deno.test("a test or a step that is skipped without a reason fails the run", async () => {
  const step = 'async (t) => { await t.step({ name: "y", ignore: true, fn() {} }); }';
  for (
    const [name, test] of [
      ["x", 'Deno.test.ignore("x", () => {});'],
      ["x > y", `Deno.test("x", ${step});`],
    ] as const
  ) {
    const { code, end } = await runTests(test);
    assertEquals([code, end[1]], [1, `  ${name}: no reason is given`]);
  }
});

Deno.test("a failure and a file that cannot be loaded are counted", async () => {
  const fails = await runTests('Deno.test("x", () => { throw new Error("on purpose"); });');
  assertEquals(fails, { code: 1, end: ["0 passed, 1 failed, 0 skipped"] });
  const { code, end } = await runTests('throw new Error("on purpose");');
  assertEquals([code, end.at(-1)], [1, "0 passed, 1 failed, 0 skipped"]);
});
