/** The trees and the patch that a sync by a delta needs, as a spool puts them into the bucket. */
import { formatTree, hashTree, packTree } from "../../src/archive/tree/tree.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { patchKey, treeKey } from "../../src/revision/keys.ts";
import { type RevisionName } from "../../src/revision/names.ts";
import { patchOf, putBytes, type Spooled, spooledOf } from "../commands/delta_fleet.ts";
import { aPackage } from "../names.ts";
import { PACKAGE } from "./invariants.ts";
import type { Lab } from "./lab.ts";
import type { Archive } from "./site.ts";

/** A revision, and the archive that it was spooled from. */
interface Made {
  readonly revision: string;
  readonly archive: Archive;
}

/** Puts what makes the next revision of the base, and of the machine's spare, which must be there. */
export async function putDelta(lab: Lab, base: Made, next: Made): Promise<void> {
  const spare = readSpare(new PackageDir(lab.root, aPackage(PACKAGE)));
  const archive = lab.archives.get(spare?.state.sha256 ?? "");
  if (spare === undefined || archive === undefined) throw new Error("the machine has no spare");
  const [from, to] = [await open(base), await open(next)];
  await putTree(lab, await open({ revision: `${PACKAGE}.${spare.id}`, archive }));
  await putTree(lab, from);
  await putBytes(lab.bucket, patchKey(to.revision, from.revision.id), patchOf(from, to));
}

function open({ revision, archive: { bytes } }: Made): Promise<Spooled> {
  return spooledOf(revision as RevisionName, bytes);
}

async function putTree({ bucket }: Lab, { revision, tree, object }: Spooled): Promise<void> {
  const text = formatTree(tree);
  const metadata = { "ftl-sha256": object.sha256, "ftl-tree": hashTree(text) };
  await putBytes(bucket, treeKey(revision), packTree(text), metadata);
}
