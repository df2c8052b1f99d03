/** Makes a revision's folder by a delta: of a spare, of another revision that is here, and of a patch. */
import type { NextTree, Patch } from "../../archive/delta/patch.ts";
import { partsOfSide, type Sides, sidesOfChange } from "../../archive/delta/sides.ts";
import type { TreeEntry } from "../../archive/tree/tree.ts";
import { faultPoint } from "../../fault_point.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PackageDir } from "../package_dir.ts";
import { requireNoMountIn } from "../revisions/removal.ts";
import { removeTree } from "../revisions/trees.ts";
import { fill } from "./fill.ts";
import type { KnownFolder, Owner } from "./known_folder.ts";
import { OldSide } from "./old_side.ts";
import { seal } from "./seal.ts";
import { type Spare, takeSpare } from "./spare.ts";
import { NOTHING_TAKEN, type Taken, takeOver } from "./take_over.ts";
import type { Walked } from "./walk.ts";

export interface ApplyOptions {
  readonly pkg: PackageDir;
  readonly id: RevisionId;
  /** The staged revision's folder, which is empty. */
  readonly target: string;
  readonly patch: Patch;
  readonly next: NextTree;
  /** What is known of the base. It takes a while, and is asked for only if a file of it is needed. */
  readonly base: () => KnownFolder;
  /** A spare whose tree and files are known. It is used up. */
  readonly spare: KnownSpare | undefined;
  /** Whether files are read although they look as FTL wrote them. */
  readonly isFull: boolean;
  readonly breathe: () => Promise<void>;
  /** Throws if the disk has no room for so many bytes of new files. Called before anything is changed. */
  readonly requireRoom: (bytes: number) => void;
}

export interface KnownSpare {
  readonly spare: Spare;
  /** As it is before it is taken. */
  readonly folder: KnownFolder;
  /** For each entry of its tree the one in the next tree with that path. */
  readonly matches: readonly (TreeEntry | undefined)[];
}

/**
 * Fills the folder, and returns all that is in it in the end. Throws `IntegrityError` if the folder cannot be made as
 * its tree says, and what the disk throws. The caller then drops the folder.
 */
export async function applyDelta(options: ApplyOptions): Promise<Walked[]> {
  const { pkg, id, target, patch, next, base, spare, isFull, breathe, requireRoom } = options;
  // Nobody else gets in before all is as it must be.
  Deno.chmodSync(target, 0o700);
  const owner = ownerIn(target);
  const sides = sidesOfChange(next.tree, next.change);
  requireRoom(sides.fresh.size);
  const donor = `${pkg.staging}/${id}-spare`;
  try {
    const taken = spare === undefined
      ? NOTHING_TAKEN
      : await takeFrom(spare, { ...options, donor, owner });
    using old = patch.isWhole ? undefined : new OldSide(base().path, sides.old);
    await fill({
      ...{ to: target, next: next.tree, kept: taken.kept, base, owner, isFull, breathe },
      fresh: () => partsOfSide(sides.fresh, patch.fresh(sides, old?.bytes)),
      isFresh: isIn(sides),
    });
    faultPoint("delta-filled");
    return seal(target, next.tree, { owner, looks: taken.looks });
  } finally {
    await removeTree(donor);
  }
}

async function takeFrom(
  { spare, folder, matches }: KnownSpare,
  { pkg, target, isFull, donor, owner, breathe }: ApplyOptions & {
    donor: string;
    owner: Owner;
  },
): Promise<Taken> {
  await requireNoMountIn(spare.path);
  await removeTree(donor);
  Deno.mkdirSync(donor, { mode: 0o700 });
  const place = `${donor}/${spare.id}`;
  takeSpare(pkg, spare, place);
  return await takeOver({
    from: folder,
    place,
    to: target,
    ...{ matches, owner, isFull, breathe },
  });
}

function isIn({ fresh }: Sides): (sha256: string) => boolean {
  const all = new Set(fresh.parts.map(({ sha256 }) => sha256));
  return (sha256) => all.has(sha256);
}

/** Who owns what is made in a folder: its file system may have its own mind. */
function ownerIn(folder: string): Owner {
  const probe = `${folder}/.ftl-${crypto.randomUUID()}`;
  Deno.mkdirSync(probe);
  const { uid, gid } = Deno.lstatSync(probe);
  Deno.removeSync(probe);
  return { uid, gid };
}
