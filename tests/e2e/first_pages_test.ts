/** What a newcomer types first, and what the pages show of it. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { blocksOf } from "../markdown.ts";
import { read } from "../pages.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { Fleet } from "./fleet.ts";
import { runShown, type Shown, transcript, writeFtl } from "./shown_page.ts";

/** The part of a page below a heading. */
function section(page: string, heading: string): string {
  const [, text = ""] = read(page).split(`\n## ${heading}\n`);
  return text.split(/^## /m)[0] ?? "";
}

/** The revision of the page. */
const REVISION = "my_site.VbhG7oXi9Pq";

/**
 * Runs it on a server of its own. `/srv` and `/tmp` of the page are folders of the test, and its revision is the one
 * that the first command has named.
 */
async function run(markdown: string, env: Record<string, string> = {}): Promise<Shown[]> {
  await using fleet = await Fleet.start({ region: "eu-central-1", buckets: ["my-deploys"] });
  using folder = new TempFolder();
  writeFtl(folder.folder("programs"));
  return await runShown(markdown, {
    folder,
    places: [
      ["/srv", folder.folder("srv")],
      ["/tmp/", `${folder.folder("tmp")}/`],
      [REVISION, `$(tail -n 1 ${folder.path}/printed.1)`],
    ],
    env: { ...fleet.env, ...env, PATH: `${folder.path}/programs:${fleet.env["PATH"]}` },
  });
}

testWith(
  "bash",
  "README.md: the simple example works, and prints what the page shows",
  async () => {
    const shown = await run(section("README.md", "The simple example"));
    assert(shown.length >= 6);
    assertEquals(transcript(shown, "printed"), transcript(shown, "expected"));
  },
);

testWith(
  "bash",
  "docs/getting-started.md, without AWS: two machines run what was blessed",
  async () => {
    const own = blocksOf(section("docs/getting-started.md", "Without AWS"))
      .find(({ text }) => text.startsWith("ftl() {"))?.text ?? "";
    // Its first line makes `ftl` of the source.
    const typed = own.slice(own.indexOf("\n") + 1).split("\n");
    const [last = ""] = typed.splice(-1);
    const page = `\`\`\`sh\n${typed.join("\n")}\n\`\`\`\n\n\`\`\`console\n$ ${last}\n\`\`\`\n`;
    const [fleet] = await run(page, { FTL_BUCKET: "my-deploys", AWS_REGION: "eu-central-1" });
    assertEquals(fleet?.command, "ftl fleet my_site --all");
    assertMatch(
      fleet?.printed ?? "",
      /^web-1\t-\tmy_site\.(\w+)\tok\t.*\nweb-2\t-\tmy_site\.\1\tok\t/,
    );
  },
);
