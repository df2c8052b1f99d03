/** The pages: what they lead to, and what they name, is there. */
import manifest from "../deno.json" with { type: "json" };
import { assert, assertEquals } from "./assert.ts";
import { anchorsOf, codeIn, linksOf } from "./markdown.ts";
import { PAGES, read, ROOT, sourceText } from "./pages.ts";

function foldersIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `${folder}${name}/`).sort();
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

Deno.test("every link of every page leads to a file that is there, and to a heading in it", () => {
  assert(PAGES.includes("README.md") && PAGES.includes("docs/design.md"));
  assert(linksOf(read("README.md")).includes("docs/demo.svg"));
  assert(anchorsOf(read("docs/formats.md")).includes("below-ftl"));
  assertEquals(PAGES.flatMap(brokenLinks), []);
});

Deno.test("no page has the marks of a merge that was not finished", () => {
  assertEquals(PAGES.filter((page) => /<{7} |>{7} |={7}$/m.test(read(page))), []);
});

Deno.test("files of a release that a page names are those of the present version", () => {
  const named = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\bftl[-_](\d+\.\d+\.\d+)(?:-\d)?[-_.](?:linux|macos|amd64|x86_64)/g)]
      .map(([file, version]) => ({ page, file, version }))
  );
  assert(named.length >= 8, `${named.length} files are named`);
  assertEquals(named.filter(({ version }) => version !== manifest.version), []);
});

Deno.test("the changelog has a section for the present version, or for what comes after it", () => {
  const [, newest] = /^## \[([^\]]+)\]/m.exec(read("CHANGELOG.md")) ?? [];
  assert(newest === "Unreleased" || newest === manifest.version, newest);
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
  const missing = PAGES.filter((page) => page !== "CHANGELOG.md").flatMap((page) => {
    return codeIn(read(page))
      .filter((code) => /^(src|tests|scripts|\.ci|\.github)\/[\w./-]+$/.test(code))
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
