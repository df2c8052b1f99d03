/**
 * Decides the format of a spooled file by its name. `content_type.ts` then checks that the content
 * agrees.
 */

export type Format = "tar" | "tar.gz" | "tar.zst" | "gz" | "zst" | "plain";

const ENDINGS: readonly [ending: string, format: Format][] = [
  ["tar", "tar"],
  ["tar.gz", "tar.gz"],
  ["tgz", "tar.gz"],
  ["tar.zst", "tar.zst"],
  ["tzst", "tar.zst"],
  ["gz", "gz"],
  ["zst", "zst"],
];

/**
 * The format of a spooled file.
 *
 * @param rest the rest of the file's name after the package and its dot: `tar.gz`, `2.3.tgz`, `js`,
 * or nothing. Upper and lower case are the same.
 */
export function formatOf(rest: string): Format {
  const name = `.${rest.toLowerCase()}`;
  let best: [ending: string, format: Format] = ["", "plain"];
  for (const [ending, format] of ENDINGS) {
    if (name.endsWith(`.${ending}`) && ending.length > best[0].length) best = [ending, format];
  }
  return best[1];
}

/**
 * The name of the one file in a revision that is not an archive: `my_site.js` for `my_site.js` and
 * for `my_site.js.gz`; `my_site` if the rest of the name is empty.
 */
export function storedName(pkg: string, rest: string): string {
  const format = formatOf(rest);
  const kept = format === "gz" || format === "zst" ? rest.slice(0, -(format.length + 1)) : rest;
  return kept === "" ? pkg : `${pkg}.${kept}`;
}

/** Whether a revision of this format is a tree of files rather than one file. */
export function isArchive(format: Format): boolean {
  return format === "tar" || format === "tar.gz" || format === "tar.zst";
}

/** The compression around the content. */
export type Compression = "gzip" | "zstd" | "none";

export function compressionOf(format: Format): Compression {
  if (format === "tar.gz" || format === "gz") return "gzip";
  return format === "tar.zst" || format === "zst" ? "zstd" : "none";
}
