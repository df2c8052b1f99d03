/**
 * `deno task release-notes TAG [--pages URL]`: prints the section of `CHANGELOG.md` for a version, whose tag is
 * `v` and the version. It fails if there is none, or if the tag is not that of the version in `deno.json`: then
 * nothing is released. With `--pages` links to pages of this repository become addresses below URL.
 */
import { parseArgs } from "node:util";
import manifest from "../deno.json" with { type: "json" };

/** What is said of a version, without its heading. Undefined if the changelog has no section for it. */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  return section?.slice(section.indexOf("\n") + 1).trim();
}

/** On another page, a link that says nothing of its site would lead to nothing. */
export function withPages(notes: string, pages: string): string {
  return notes.replace(/\]\((?![a-z]+:)/g, `](${pages}/`);
}

/** Throws an Error with a message for the user. */
function notesFor(args: string[]): string {
  const { values, positionals: [tag = "", ...more] } = parseArgs({
    args,
    options: { pages: { type: "string" } },
    allowPositionals: true,
  });
  if (more.length > 0) throw new Error("Give one tag");
  const { version } = manifest;
  if (tag !== `v${version}`) throw new Error(`The version is ${version}: its tag is v${version}`);
  const changelog = Deno.readTextFileSync(new URL("../CHANGELOG.md", import.meta.url));
  const notes = releaseNotes(changelog, version);
  if (!notes) throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return values.pages === undefined ? notes : withPages(notes, values.pages);
}

if (import.meta.main) {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`${notesFor(Deno.args)}\n`));
  } catch (error) {
    const { message } = error as Error;
    Deno.stderr.writeSync(new TextEncoder().encode(`release-notes: ${message}\n`));
    Deno.exit(1);
  }
}
