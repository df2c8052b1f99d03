import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { AWS_VARIABLES } from "../../../src/bucket/aws/settings.ts";
import { SETTINGS, SYSTEM_VARIABLES } from "../../../src/config.ts";
import { EXIT_MEANINGS } from "../../../src/errors.ts";
import { SCRIPT_VARIABLES } from "../../../src/revision/scripts.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { bullets, paragraph, plain, table } from "../../../scripts/reference/markdown.ts";
import { referencePage } from "../../../scripts/reference/page.ts";
import { FORMS } from "../../../scripts/reference/schema/documents.ts";
import { anchorsOf, linksOf } from "../../markdown.ts";
import { testWith } from "../../required_program.ts";
import { JQ_EXAMPLES } from "../../../scripts/reference/jq.ts";

const page = referencePage();

Deno.test("docs/reference.md is what the tables of the code say", async () => {
  const stored = await Deno.readTextFile(new URL("../../../docs/reference.md", import.meta.url));
  assertEquals(stored, page, "run: deno task reference");
});

Deno.test("the reference has every command, option, variable and exit code", () => {
  for (const { name, usage, options, examples } of COMMANDS) {
    assertStringIncludes(page, `\n### ftl ${name}\n`);
    assertStringIncludes(page, `\n### ftl ${name} --json\n`);
    for (const form of usage) assertStringIncludes(page, `\nftl ${name} ${form}\n`);
    for (const option of options) assertStringIncludes(page, `--${option.name}`);
    for (const [example] of examples) assertStringIncludes(page, example.replaceAll("|", "\\|"));
  }
  const variables = [
    ...Object.keys(SETTINGS),
    ...Object.keys(SCRIPT_VARIABLES),
    ...AWS_VARIABLES.map(({ name }) => name),
    ...SYSTEM_VARIABLES.flatMap(([names]) => names),
  ];
  for (const name of variables) assertStringIncludes(page, `\`${name}\``);
  for (const meaning of Object.values(EXIT_MEANINGS)) assertStringIncludes(page, ` ${meaning} `);
});

Deno.test("every link within the reference leads to a heading", () => {
  const anchors = anchorsOf(page).map((anchor) => `#${anchor}`);
  const links = linksOf(page).filter((link) => link.startsWith("#"));
  assert(links.length > 20, String(links.length));
  for (const link of links) assert(anchors.includes(link), link);
});

Deno.test("Markdown escapes what it would obey, and keeps to its width", () => {
  assertEquals(plain("<bucket> and *"), "\\<bucket> and \\*");
  assertEquals(table(["a", "b"], [["x | y", "1"]]).split("\n"), [
    "| a      | b   |",
    "| ------ | --- |",
    "| x \\| y | 1   |",
  ]);
  const long = "word ".repeat(60).trim();
  for (const text of [paragraph(long), bullets([long])]) {
    const lines = text.split("\n");
    assert(lines.every((line) => line.length <= 100), text);
    assert(lines.slice(0, -1).every((line) => line.length > 90), text);
    assertEquals(text.replace(/^- /, "").replace(/\s+/g, " "), long);
  }
});

testWith(
  "jq",
  "each jq line of the reference prints something of its command's document",
  async () => {
    for (const [name, { of, line, filter }] of Object.entries(JQ_EXAMPLES)) {
      assert(line.startsWith(`ftl ${name} `), line);
      const form = FORMS[name]?.find((one) => one.of === of);
      assert(form !== undefined, `${name} has the form ${of}`);
      const jq = new Deno.Command("jq", { args: ["-r", filter], stdin: "piped", stdout: "piped" })
        .spawn();
      const writer = jq.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify(form.example)));
      await writer.close();
      const { success, stdout } = await jq.output();
      const printed = new TextDecoder().decode(stdout).trim();
      assert(success && printed !== "" && !printed.includes("null"), `${filter}: '${printed}'`);
    }
  },
);
