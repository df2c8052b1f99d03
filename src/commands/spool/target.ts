/** What is to be spooled, and to which package: a file names its own, a folder may be told. */
import { PACKED_ENDING } from "../../archive/pack/pack.ts";
import { UsageError } from "../../errors.ts";
import { shellWord } from "../../foreign_text.ts";
import { splitFileName } from "../../revision/keys.ts";
import { isPackageName, type PackageName, requirePackageName } from "../../revision/names.ts";
import { fileNameOf } from "../../transfer/upload/file_source.ts";

export interface SpoolTarget {
  readonly name: PackageName;
  /** The rest of the name after the package and its dot. */
  readonly rest: string;
  readonly isFolder: boolean;
}

interface TargetOptions {
  readonly name?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** Throws `UsageError`. */
export function targetOf(path: string, { name, exclude = [] }: TargetOptions): SpoolTarget {
  if (isFolder(path)) {
    return { name: packageOf(path, name), rest: PACKED_ENDING, isFolder: true };
  }
  if (name !== undefined) {
    throw new UsageError(`Cannot spool ${path} by another name: --name is for folders`, {
      hint: "The package is the file's name up to its first '.': rename the file",
    });
  }
  if (exclude.length > 0) {
    throw new UsageError(`Cannot leave anything out of ${path}: --exclude is for folders`, {
      hint: "What is in an archive was decided when it was packed",
    });
  }
  const { package: fromName, rest } = splitFileName(fileNameOf(path));
  return { name: fromName, rest, isFolder: false };
}

function packageOf(path: string, given: string | undefined): PackageName {
  if (given !== undefined) return requirePackageName(given);
  const own = fileNameOf(Deno.realPathSync(path));
  if (isPackageName(own)) return own;
  throw new UsageError(`Cannot spool ${path}: the folder's name is not the name of a package`, {
    hint: `Give the package's name: ftl spool ${shellWord(path)} --name <package>`,
  });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // Opening the file will report the problem.
  }
}
