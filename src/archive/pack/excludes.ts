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
  /** Patterns that leave something out, and have left out nothing so far. */
  readonly #unused: Set<string>;

  /** Throws `UsageError` for a pattern that can match nothing. */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) requirePattern(pattern);
    this.#rules = ignore({ ignorecase: false }).add(patterns);
    this.#unused = new Set(patterns.filter((pattern) => !pattern.startsWith("!")));
  }

  /** The patterns by which nothing was left out of what was asked for: perhaps with a slip of the keyboard. */
  get unused(): readonly string[] {
    return [...this.#unused];
  }

  /**
   * Whether a path is left out. What lies in a folder that is left out must not be asked for: it is
   * left out too.
   */
  has(path: string, isFolder: boolean): boolean {
    const { ignored, rule } = this.#rules.test(isFolder ? `${path}/` : path);
    if (ignored && rule !== undefined) this.#unused.delete(rule.pattern);
    return ignored;
  }
}

/** A pattern that git would pass over in silence is a mistake here. */
function requirePattern(pattern: string): void {
  const why = /^\s*$/.test(pattern)
    ? "it is empty"
    : pattern.startsWith("#")
    ? "it is a comment"
    : /^!\s*$/.test(pattern)
    ? "nothing follows its '!'"
    : hasOpenBracket(pattern)
    ? "its '[' has no ']'"
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

function hasOpenBracket(pattern: string): boolean {
  return pattern.replace(/\\./g, "").replace(/\[[!^]?(\][^\]]*|[^\]]+)\]/g, "").includes("[");
}
