/** The pages, and the source that they are compared with. Paths are below the repository's root. */

export const ROOT = new URL("..", import.meta.url);

/** The paths of all pages. */
export const PAGES: readonly string[] = pagesBelow("");

function pagesBelow(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder || ".", ROOT))].flatMap(({ name, isDirectory }) => {
    if (!isDirectory) return name.endsWith(".md") ? [`${folder}${name}`] : [];
    return /^(dist|node_modules|\..*)$/.test(name) ? [] : pagesBelow(`${folder}${name}/`);
  }).sort();
}

export function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** All files below a folder but pages, with strings of several lines as one. */
export function sourceText(folder = "src/"): string {
  const texts = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ isDirectory, name }) => {
    if (isDirectory) return sourceText(`${folder}${name}/`);
    return name.endsWith(".md") ? "" : read(`${folder}${name}`);
  });
  return texts.join("\n").replace(/["`]\s*\+\s*["`]/g, "");
}
