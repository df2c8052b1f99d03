/**
 * The keys of FTL's objects in the bucket.
 *
 *     my_site.VZ5vQk8aR4G.tar.gz     a revision: the file's name with the id put in after the package
 *     my_site.rev                    the blessed revision's name
 *     my_site.current                the blessed revision's name, in buckets of the Go original
 *     my_site.previous               the revision that was blessed before, in buckets of the Go original
 *
 * What machines and people report of themselves. None of it is needed to run what is blessed:
 *
 *     .ftl/fleet/i-0abc                                  the report of a machine
 *     .ftl/rollout/my_site/1795615200123/ok/i-0abc       a mark of a machine in that rollout
 *     .ftl/history/my_site/1795615200123                 what was changed after the pointer with that serial
 *
 * What spares machines most of a download, beside each revision that `spool` could make it for. Any of
 * it may be missing at any time:
 *
 *     .ftl/delta/my_site/VZ5vQk8aR4G/tree                what the revision holds
 *     .ftl/delta/my_site/VZ5vQk8aR4G/from.VZ5vP1bW0hC    what makes it of that older revision
 *     .ftl/delta/my_site/VZ5vQk8aR4G/frames              where the parts of a spooled folder's object lie
 *
 * FTL ignores any other key.
 */
import { UsageError } from "../errors.ts";
import {
  isPackageName,
  isRevisionId,
  type PackageName,
  type Revision,
  type RevisionId,
  revisionName,
} from "./names.ts";
import { quote } from "../foreign_text.ts";

export interface RevisionKey extends Revision {
  readonly kind: "revision";
  readonly key: string;
  /**
   * The rest of the key after the id and its dot, e.g. `tar.gz`. Empty if the file name had no dot.
   */
  readonly rest: string;
}

export interface PointerKey {
  readonly kind: "rev" | "go-current" | "go-previous";
  readonly key: string;
  readonly package: PackageName;
}

/** Parses a key of FTL. Undefined if the key is not one of FTL's. */
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
  // The key of a folder is not a revision's. Nor is a key that no file name can give.
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

/** The prefix that all keys of this package have, and no key of another package. */
export function packagePrefix(packageName: PackageName): string {
  return `${packageName}.`;
}

/** All that is not needed to run what is blessed. */
export const OWN_PREFIX = ".ftl/";

/** All machines' reports. */
export const REPORTS_PREFIX = `${OWN_PREFIX}fleet/`;

/** All marks of all rollouts. */
export const MARKS_PREFIX = `${OWN_PREFIX}rollout/`;

/** All changes of all pointers. */
export const HISTORY_PREFIX = `${OWN_PREFIX}history/`;

/** All trees and patches. Not `.ftl/my_site/`: a package may be called `fleet` or `history`. */
export const DELTA_PREFIX = `${OWN_PREFIX}delta/`;

/** @param machine its name: see `src/machine/identity.ts` */
export function reportKey(machine: string): string {
  return `${REPORTS_PREFIX}${machine}`;
}

/** All marks of a rollout. */
export function marksPrefix(packageName: PackageName, rollout: number): string {
  return `${MARKS_PREFIX}${packageName}/${rollout}/`;
}

/** All that people have changed in the pointer of a package. */
export function historyPrefix(packageName: PackageName): string {
  return `${HISTORY_PREFIX}${packageName}/`;
}

/** All trees and patches of a package. */
export function deltaPrefix(packageName: PackageName): string {
  return `${DELTA_PREFIX}${packageName}/`;
}

/** What a revision holds: `src/archive/tree/`. */
export function treeKey(revision: Revision): string {
  return `${deltaPrefix(revision.package)}${revision.id}/tree`;
}

/** What makes the revision of its base: `src/archive/delta/`. */
export function patchKey(revision: Revision, baseId: RevisionId): string {
  return `${deltaPrefix(revision.package)}${revision.id}/from.${baseId}`;
}

/** Where the frames of a spooled folder's object lie. */
export function framesKey(revision: Revision): string {
  return `${deltaPrefix(revision.package)}${revision.id}/frames`;
}

/**
 * Splits the name of a file to spool: `my_site.tar.gz` gives the package `my_site` and the rest
 * `tar.gz`. Throws `UsageError` if the name gives no valid package.
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
  // deno-lint-ignore no-control-regex -- S3 accepts them, but no listing or log shows them
  if (/[\u0000-\u001f\u007f]/.test(rest) || (dot >= 0 && rest === "")) {
    throw new UsageError(`The file name ${quote(fileName)} gives no usable S3 key`, {
      hint: "Rename the file, as in my_site.tar.gz",
    });
  }
  return { package: name, rest };
}
