/**
 * Which paths `--exclude` leaves out, by patterns as in a `.gitignore` at the top of the folder
 * (https://git-scm.com/docs/gitignore, "PATTERN FORMAT"):
 *
 *     *.map           everything of that form, at any depth
 *     node_modules/   folders of that name, at any depth
 *     /build          at the top only; so is any pattern with a slash that is not its last character
 *     docs/**\/*.psd   `**` stands for any number of folders
 *     !keep.map       takes back what earlier patterns leave out, but nothing in a folder that is left out
 *
 * Upper and lower case differ.
 */
import ignore, { type Ignore } from "npm:ignore@7.0.16";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

export class Excludes {
  readonly #rules: Ignore;

  /** Throws `UsageError` for a pattern that can match nothing. */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) requirePattern(pattern);
    this.#rules = ignore({ ignorecase: false }).add(patterns);
  }

  /**
   * Whether a path is left out. What lies in a folder that is left out must not be asked for: it is
   * left out too.
   */
  has(path: string, isFolder: boolean): boolean {
    return this.#rules.ignores(isFolder ? `${path}/` : path);
  }
}

/** A pattern that git would pass over in silence is a mistake here. */
function requirePattern(pattern: string): void {
  const why = /^\s*$/.test(pattern)
    ? "it is empty"
    : pattern.startsWith("#")
    ? "it is a comment"
    : /[\r\n]/.test(pattern)
    ? "it has several lines"
    : /^!?(\.{1,2}|\/|\.{1,2}\/.*)$/.test(pattern)
    ? "paths in the folder do not begin with './' or '../'"
    : /(^|[^\\])(\\\\)*\\$/.test(pattern)
    ? "it ends in a backslash"
    : undefined;
  if (why === undefined) return;
  throw new UsageError(`--exclude ${quote(pattern)} matches nothing: ${why}`, {
    hint: pattern.startsWith("#")
      ? "For a name that begins with '#' write '\\#'"
      : "A pattern is as in a .gitignore: node_modules/, *.map, /build, !keep.map",
  });
}
