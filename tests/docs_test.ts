/**
 * The pages: what they lead to is there, and what they say of tables in the code is what the code says. Their
 * reader has no other way to find out that a page is out of date.
 */
import manifest from "../deno.json" with { type: "json" };
import { COMMANDS } from "../src/cli/commands.ts";
import { SCOPES } from "../src/cli/permissions.ts";
import * as errors from "../src/errors.ts";
import { OWN_NAMES } from "../src/machine/package_dir.ts";
import { BLESSING_VERDICTS } from "../src/revision/blessing_verdict.ts";
import { SCRIPT_PLACES, SCRIPT_VARIABLES } from "../src/revision/scripts.ts";

import { assert, assertEquals } from "./assert.ts";
import { anchorsOf, codeIn, linksOf, rowsOf } from "./markdown.ts";

const ROOT = new URL("..", import.meta.url);

/** Paths below the repository's root. */
const PAGES = ["", "docs/", "tests/s3_server/", "examples/", ...foldersIn("examples/")].flatMap(
  markdownIn,
);

function foldersIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `${folder}${name}/`).sort();
}

function markdownIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder || ".", ROOT))]
    .filter(({ isFile, name }) => isFile && name.endsWith(".md"))
    .map(({ name }) => `${folder}${name}`).sort();
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function isThere(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function brokenLinks(page: string): string[] {
  return linksOf(read(page)).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const { pathname, hash } = new URL(target, new URL(page, ROOT));
    const file = new URL(`file://${pathname}`);
    if (!isThere(file)) return true;
    const path = pathname.slice(ROOT.pathname.length);
    return hash !== "" && !anchorsOf(read(path)).includes(hash.slice(1));
  }).map((target) => `${page}: ${target}`);
}

/** All source, with strings of several lines as one. */
function sourceText(folder = "src/"): string {
  const texts = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ isDirectory, name }) => {
    return isDirectory ? sourceText(`${folder}${name}/`) : read(`${folder}${name}`);
  });
  return texts.join("\n").replace(/["`]\s*\+\s*["`]/g, "");
}

Deno.test("every link of every page leads to a file that is there, and to a heading in it", () => {
  assert(PAGES.includes("README.md") && PAGES.includes("docs/design.md"));
  assert(linksOf(read("README.md")).includes("docs/demo.svg"));
  assert(anchorsOf(read("docs/formats.md")).includes("below-ftl"));
  assertEquals(PAGES.flatMap(brokenLinks), []);
});

Deno.test("no page has the marks of a merge that was not finished", () => {
  assertEquals(PAGES.filter((page) => /<{7} |>{7} |={7}$/m.test(read(page))), []);
});

Deno.test("the README can be read in a minute, and leads to every page", () => {
  const { size } = Deno.statSync(new URL("README.md", ROOT));
  assert(size >= 6000 && size <= 8000, `${size} bytes`);
  const index = linksOf(read("docs/README.md")).map((target) => {
    return new URL(target, new URL("docs/", ROOT)).pathname.slice(ROOT.pathname.length);
  });
  for (const page of PAGES.filter((page) => !page.endsWith("README.md"))) {
    assert(linksOf(read("README.md")).includes(page), `README.md leads to ${page}`);
    assert(index.includes(page), `docs/README.md leads to ${page}`);
  }
});

Deno.test("every test and harness that a page names is there, and every page that the source names", () => {
  const missing = PAGES.filter((page) => /^(docs|examples)\//.test(page)).flatMap((page) => {
    return codeIn(read(page)).filter((code) => /^(src|tests|scripts|\.ci)\/[\w./-]+$/.test(code))
      .filter((path) => !isThere(new URL(path, ROOT))).map((path) => `${page}: ${path}`);
  });
  assertEquals(missing, []);
  const named = [...sourceText().matchAll(/\bdocs\/[\w.-]+\.(?:md|json|svg)\b/g)];
  assert(named.length > 0);
  assertEquals(named.map(([path]) => path).filter((path) => !isThere(new URL(path, ROOT))), []);
  const harnesses = codeIn(read("docs/reliability.md")).filter((code) => /^\w+\.ts$/.test(code));
  assert(harnesses.length > 0);
  const lost = harnesses.filter((name) => {
    return name !== "mod.ts" && !isThere(new URL(`tests/proof/${name}`, ROOT));
  });
  assertEquals(lost, []);
});

Deno.test("examples/README.md leads to every example", () => {
  const links = linksOf(read("examples/README.md"));
  const lost = foldersIn("examples/").map((folder) => folder.replace("examples/", ""))
    .filter((folder) => !links.includes(`${folder}README.md`));
  assertEquals(lost, []);
});

Deno.test("docs/errors.md has every exit code, in the words of the code", () => {
  const rows = new Map(
    rowsOf(read("docs/errors.md")).map(([code = "", meaning = ""]) => [code, meaning]),
  );
  for (const [name, code] of Object.entries(errors.EXIT)) {
    assertEquals(rows.get(String(code)), errors.EXIT_MEANINGS[name as keyof typeof errors.EXIT]);
  }
  for (const [signal, code] of Object.entries(errors.INTERRUPTIONS)) {
    assert(rows.get(String(code))?.includes(signal), `${code} is ${signal}`);
  }
});

Deno.test("each message that docs/errors.md lists is one that the code has", () => {
  const source = sourceText();
  const messages = rowsOf(read("docs/errors.md"))
    .filter(([first = ""]) => first.startsWith("`")).flatMap(([first = ""]) => codeIn(first));
  assert(messages.length > 50);
  const unknown = messages.filter((message) => {
    const parts = message.replace(/^my_site\.\w+ [a-z-]+ (failed): .*/, "$1").split(/\.\.\.|: /);
    return parts.map((part) => part.trim()).some((part) => !source.includes(part));
  });
  assertEquals(unknown, []);
});

Deno.test("docs/trust.md has each word for a pointer, and each reason against a signature, as the code has them", () => {
  const code = (text: string): string => `\`${text}\``;
  const rows = rowsOf(read("docs/trust.md")).map(([first]) => first);
  const [words, reasons] = ["word", "a signature does not count as"].map((head) =>
    rows.indexOf(head)
  );
  assert(words !== undefined && words > 0 && reasons !== undefined && reasons > words);
  assertEquals(rows.slice(words + 1, reasons).sort(), BLESSING_VERDICTS.map(code).sort());
  const [, table = ""] = /REASONS[^{]*\{\n([^}]*)\}/.exec(read("src/trust/words.ts")) ?? [];
  const known = [...table.matchAll(/: "(.*)",$/gm)].map(([, reason = ""]) => code(reason));
  assert(known.length > 5);
  assertEquals(rows.slice(reasons + 1, reasons + 1 + known.length).sort(), known.sort());
});

/** The members of an interface of `src`. */
function membersOf(file: string, type: string): string[] {
  const [, body = ""] = new RegExp(`interface ${type} \\{([^]*?)\n\\}`).exec(read(file)) ?? [];
  const members = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name = ""]) => name);
  assert(members.length > 0, type);
  return members;
}

Deno.test("docs/formats.md has each word that FTL writes: metadata, reports, files below .ftl and their keys", () => {
  const page = read("docs/formats.md");
  const row = (name: string): string =>
    page.split("\n").find((line) => line.startsWith(`| \`${name}`)) ?? "";
  const [, reports = ""] = page.split("### Reports of machines");
  const report = ["ReportedPackage", "MachineReport", "MachineError"].flatMap((type) => {
    return membersOf("src/revision/report.ts", type);
  });
  const object = membersOf("src/revision/pointer.ts", "BlessedObject");
  const pointer = membersOf("src/revision/pointer.ts", "PointerState")
    .flatMap((name) => name === "object" ? object : name);
  const metadata = [...sourceText("src/revision/").matchAll(/"(ftl-[a-z-]*[a-z])"/g)];
  assert(metadata.length > 10);
  const places: [text: string, words: readonly string[]][] = [
    [page.split("### A tree")[0] ?? "", metadata.map(([, name = ""]) => name)],
    [reports.split("### A staged rollout")[0] ?? "", report],
    [page.split("### Below `.ftl`")[1] ?? "", Object.values(OWN_NAMES)],
    [row("state/<id>.json"), membersOf("src/machine/state.ts", "RevisionState")],
    [row("master.json"), pointer],
    [row("hold.json"), membersOf("src/plan/hold.ts", "Hold")],
    [row("jump.json"), membersOf("src/machine/jump/journal.ts", "JumpUnderWay")],
    [row("bad.json"), membersOf("src/machine/jump/quarantine.ts", "Quarantine")],
    [row("last-sync.json"), membersOf("src/machine/state.ts", "LastSync")],
  ];
  for (const [text, words] of places) {
    const told = codeIn(text).flatMap((code) =>
      code.split(/[\s/<>]+|(?<=[a-z>])\.(?!json|lock)|^\./)
    );
    assertEquals(words.filter((word) => !told.includes(word)), [], text.slice(0, 40));
  }
});

Deno.test("docs/packages.md has each script's places and variables as the code has them", () => {
  const rows = rowsOf(read("docs/packages.md"));
  const code = (text: string): string => `\`${text}\``;
  for (const [name, meaning] of Object.entries(SCRIPT_VARIABLES)) {
    assertEquals(rows.find(([first]) => first === code(name)), [code(name), meaning]);
  }
  for (const [step, places] of Object.entries(SCRIPT_PLACES)) {
    const row = rows.find(([first]) => first === code(step));
    assertEquals(row?.slice(0, 3), [code(step), ...places.map(code)]);
  }
});

Deno.test("docs/dependencies.md has a row for every package from npm", () => {
  const rows = rowsOf(read("docs/dependencies.md")).map(([first]) => first);
  for (const pin of Object.values(manifest.imports)) {
    const name = /^npm:(@?[^@]+)@/.exec(pin)?.[1];
    assert(rows.includes(`\`${name}\``), `${name} has a row`);
  }
});

Deno.test("docs/programs.md has every class of errors, with its exit code", () => {
  const classes = [...read("src/errors.ts").matchAll(/^export class (\w+)/gm)]
    .map(([, name = ""]) => name);
  const rows = rowsOf(read("docs/programs.md")).filter(([first = ""]) => first.startsWith("`"));
  assertEquals(rows.map(([first]) => first), classes.map((name) => `\`${name}\``));
  for (const [name = "", exitCode = ""] of rows.filter(([, code = ""]) => /^\d+$/.test(code))) {
    const made = errorOf(name.replaceAll("`", ""));
    assertEquals(made.exitCode, Number(exitCode), name);
  }
});

/** An error of the class with this name. */
function errorOf(name: string): errors.FtlError {
  type ErrorClass = new (message: string, options: object) => errors.FtlError;
  const Class = (errors as unknown as Record<string, ErrorClass>)[name];
  assert(Class !== undefined, name);
  return new Class("", {});
}

Deno.test("docs/safety.md says of each command what it may do", () => {
  const rows = rowsOf(read("docs/safety.md")).filter(({ length }) => length === 5);
  const told = new Set<string>();
  for (const [commands = "", ...cells] of rows.slice(1)) {
    for (const [name = "", ...flags] of codeIn(commands).map((text) => text.split(" "))) {
      const command = COMMANDS.find((known) => known.name === name);
      if (command === undefined) continue;
      told.add(name);
      const need = command.scope(new Set(flags.map((flag) => flag.slice("--".length))));
      const scope: readonly string[] = SCOPES[need];
      const may = ["read", "write", "run", "net"].map((permission) => scope.includes(permission));
      const says = cells.map((cell) => !/^(no$|only )/.test(cell));
      assertEquals(says, may, [name, ...flags].join(" "));
    }
  }
  assertEquals([...told].sort(), COMMANDS.map(({ name }) => name).sort());
});
