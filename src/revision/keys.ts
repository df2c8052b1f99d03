/**
 * The keys of the bucket.
 *
 *     my_site.VZ5vQk8aR4G.tar.gz     a revision: the file's name with the id put in after the package
 *     my_site.rev                    the blessed revision's name
 *     my_site.current                the same, and
 *     my_site.previous               the one before it, in buckets of the Go original
 *
 * Any other key is not FTL's.
 */
import { UsageError } from "../errors.ts";
import {
  isPackageName,
  isRevisionId,
  type PackageName,
  type Revision,
  revisionName,
} from "./names.ts";
import { quote } from "../foreign_text.ts";

export interface RevisionKey extends Revision {
  readonly kind: "revision";
  readonly key: string;
  /** What follows the id and its dot, e.g. `tar.gz`; empty where the file name had no dot. */
  readonly rest: string;
}

export interface PointerKey {
  readonly kind: "rev" | "go-current" | "go-previous";
  readonly key: string;
  readonly package: PackageName;
}

/** Which key of FTL's this is, or undefined where it is none. */
export function parseKey(key: string): RevisionKey | PointerKey | undefined {
  const [name, word, ...more] = key.split(".");
  if (name === undefined || word === undefined || !isPackageName(name)) return undefined;
  if (more.length === 0) {
    if (word === "rev") return { kind: "rev", key, package: name };
    if (word === "current") return { kind: "go-current", key, package: name };
    if (word === "previous") return { kind: "go-previous", key, package: name };
  }
  if (!isRevisionId(word)) return undefined;
  const rest = more.join(".");
  // A folder's key is no revision, nor is a key that no file name could have given.
  if (rest.includes("/") || (more.length > 0 && rest === "")) return undefined;
  return { kind: "revision", key, package: name, id: word, rest };
}

export function revisionKey(revision: Revision, rest: string): string {
  return rest === "" ? revisionName(revision) : `${revisionName(revision)}.${rest}`;
}

/** The key of the pointer to the blessed revision. */
export function pointerKey(packageName: PackageName): string {
  return `${packageName}.rev`;
}

/** The prefix that all keys of one package have in common, and no key of another. */
export function packagePrefix(packageName: PackageName): string {
  return `${packageName}.`;
}

/**
 * Package and rest of a file that is to be spooled, from its name alone: `my_site.tar.gz` gives
 * `my_site` and `tar.gz`. Throws `UsageError` where the name gives no valid package.
 */
export function splitFileName(fileName: string): { package: PackageName; rest: string } {
  const dot = fileName.indexOf(".");
  const name = dot < 0 ? fileName : fileName.slice(0, dot);
  const rest = dot < 0 ? "" : fileName.slice(dot + 1);
  if (!isPackageName(name)) {
    throw new UsageError(`The file name ${quote(fileName)} gives no package name`, {
      hint: "The package is the file's name up to its first '.': letters, digits, '_' and '-', " +
        "not starting with '-'; rename the file",
    });
  }
  // deno-lint-ignore no-control-regex -- S3 takes them, but no listing or log shows them
  if (/[\u0000-\u001f\u007f]/.test(rest) || (dot >= 0 && rest === "")) {
    throw new UsageError(`The file name ${quote(fileName)} gives no usable S3 key`, {
      hint: "Rename the file, as in my_site.tar.gz",
    });
  }
  return { package: name, rest };
}
