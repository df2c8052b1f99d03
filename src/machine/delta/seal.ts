/**
 * Compares the new revision's folder with its tree, entry by entry: nothing more, nothing less, and each as it must be.
 * The modes and mtimes of folders are set meanwhile, inner ones first, as an outer one may deny access to them.
 */
import { shown } from "../../archive/entry.ts";
import type { RevisionTree, TreeEntry } from "../../archive/tree/tree.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { IntegrityError } from "../../errors.ts";
import { hasMode, hasMtime, setAttributes } from "./attributes.ts";
import {
  entriesBelow,
  isKind,
  linksIn,
  moreNames,
  type Owner,
  rootModeOf,
} from "./known_folder.ts";
import { lookAt, type Walked, walkFolder } from "./walk.ts";

/** Returns all entries as they are in the end. Throws `IntegrityError`, naming the first that is not as it must be. */
export function seal(folder: string, tree: RevisionTree, owner: Owner): Walked[] {
  const due = entriesBelow(tree);
  const found = walkFolder(folder, due.length + 1);
  const first = found === undefined ? due[0]?.path ?? "" : firstDifference(due, found);
  if (found === undefined || first !== undefined) throw differs(first ?? "");
  const names = moreNames(tree);
  const inodes = new Map<string, number | null>();
  due.forEach((entry, i) => {
    const info = found[i]?.info;
    const isFit = info !== undefined && isKind(entry, info) && info.uid === owner.uid &&
      info.gid === owner.gid && isAsDue({ entry, info }, { folder, names, inodes });
    if (!isFit) throw differs(entry.path);
  });
  for (let i = due.length - 1; i >= 0; i--) {
    const [entry, walked] = [due[i], found[i]];
    if (entry?.kind !== "folder" || walked === undefined) continue;
    found[i] = {
      path: entry.path,
      info: finishFolder(`${folder}/${entry.path}`, entry, walked.info),
    };
  }
  finishRoot(folder, tree);
  return found;
}

function firstDifference(due: readonly TreeEntry[], found: readonly Walked[]): string | undefined {
  const at = due.findIndex(({ path }, i) => path !== found[i]?.path);
  if (at >= 0) return due[at]?.path;
  return found[due.length]?.path;
}

interface SealSetting {
  readonly folder: string;
  readonly names: ReadonlyMap<string, number>;
  /** Of the files and symlinks so far. */
  readonly inodes: Map<string, number | null>;
}

/** A folder's own mode and mtime are not looked at. */
function isAsDue(
  { entry, info }: { readonly entry: TreeEntry; readonly info: Deno.FileInfo },
  { folder, names, inodes }: SealSetting,
): boolean {
  if (entry.kind === "folder") return true;
  if (info.nlink !== linksIn(names, entry)) return false;
  if (entry.kind === "hardlink") return inodes.get(entry.target) === info.ino;
  inodes.set(entry.path, info.ino);
  if (!hasMtime(info, entry.mtime)) return false;
  if (entry.kind === "file") return info.size === entry.size && hasMode(info, entry.mode);
  const target = withShortPath(`${folder}/${entry.path}`, (path) => Deno.readLinkSync(path));
  return target === entry.target;
}

type Folder = Extract<TreeEntry, { readonly kind: "folder" }>;

function finishFolder(place: string, entry: Folder, info: Deno.FileInfo): Deno.FileInfo {
  if (hasMode(info, entry.mode) && hasMtime(info, entry.mtime)) return info;
  setAttributes(place, entry, info);
  const after = lookAt(place);
  if (after === undefined || !hasMode(after, entry.mode) || !hasMtime(after, entry.mtime)) {
    throw differs(entry.path);
  }
  return after;
}

function finishRoot(folder: string, tree: RevisionTree): void {
  const [first] = tree.entries;
  const mtime = first?.path === "" && first.kind === "folder" ? first.mtime : undefined;
  finishFolder(
    folder,
    { kind: "folder", path: "", mode: rootModeOf(tree), mtime },
    Deno.lstatSync(folder),
  );
}

function differs(path: string): IntegrityError {
  return new IntegrityError(`${path === "" ? "The result" : shown(path)} is not as it must be`);
}
