/** Machines that are synced by deltas: with the trees and patches that a spool puts beside its revision. */
import { createHash } from "node:crypto";
import { type Environment, jumpMaster, sync } from "../../mod.ts";
import { checkArchive } from "../../src/archive/check.ts";
import { makePatch, type PatchHead } from "../../src/archive/delta/patch.ts";
import { bytesOfSide, type Side, sidesOf } from "../../src/archive/delta/sides.ts";
import { ContentStore } from "../../src/archive/tree/content_store.ts";
import { formatTree, hashTree, packTree, type RevisionTree } from "../../src/archive/tree/tree.ts";
import { TreeTaker } from "../../src/archive/tree/tree_taker.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import type { FetchedEvent } from "../../src/events.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { patchKey, treeKey } from "../../src/revision/keys.ts";
import { parseRevisionName, type Revision, type RevisionName } from "../../src/revision/names.ts";
import { gzip, type Member, tar } from "../archive/builders.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** A revision in the bucket, as a spool knows it. */
export interface Spooled {
  readonly name: RevisionName;
  readonly revision: Revision;
  readonly tree: RevisionTree;
  readonly contents: ContentStore;
  readonly object: { readonly sha256: string; readonly size: number };
}

/** What of a patch's head a test changes. */
type HeadChange = (head: Omit<PatchHead, "parts">) => Omit<PatchHead, "parts">;

export class DeltaFleet extends MemoryFleet {
  /** With their trees, oldest first. */
  readonly spooled: Spooled[] = [];

  /** Spools the revision, with its tree and a patch from the one before, and blesses it. */
  async release(...members: Member[]): Promise<Spooled> {
    const spooled = await this.spoolOnly(...members);
    const before = this.spooled.at(-1);
    await this.putTree(spooled);
    if (before !== undefined) await this.putPatch(before, spooled);
    this.spooled.push(spooled);
    await jumpMaster(this.context(), spooled.name);
    return spooled;
  }

  async spoolOnly(...members: Member[]): Promise<Spooled> {
    this.now += 2000;
    const bytes = gzip(tar(...members));
    const name = await this.spoolFile(this.write("my_site.tgz", bytes));
    return await spooledOf(name, bytes);
  }

  /** Lets the revision say that it unpacks to more than any disk has room for. */
  async inflate({ name }: Spooled): Promise<void> {
    const [object] = await this.bucket.list(`${name}.`);
    if (object === undefined) throw new Error(`${name} is not there`);
    const head = await this.bucket.head(object.key);
    const signal = new AbortController().signal;
    const found = await this.bucket.getBytes(object.key, { limit: object.size, signal });
    if (found === undefined) throw new Error(`${object.key} is not there`);
    await putBytes(this.bucket, object.key, found.bytes, {
      ...head?.metadata,
      "ftl-bytes": "100000000000000",
    });
  }

  async putTree({ revision, tree, object }: Spooled): Promise<void> {
    const text = formatTree(tree);
    const metadata = {
      "ftl-sha256": object.sha256,
      "ftl-size": String(object.size),
      "ftl-tree": hashTree(text),
    };
    await putBytes(this.bucket, treeKey(revision), packTree(text), metadata);
  }

  async putPatch(
    base: Spooled,
    next: Spooled,
    { change = (head) => head, isWhole = false }: { change?: HeadChange; isWhole?: boolean } = {},
  ): Promise<void> {
    const patch = patchOf(base, next, { change, isWhole });
    await putBytes(this.bucket, patchKey(next.revision, base.revision.id), patch);
  }

  /** What the machine's sync told of what it fetched. */
  async sync(name: string, env: Environment = {}): Promise<FetchedEvent[]> {
    const from = this.events.length;
    const context = this.context(name, ["my_site"], { FTL_KEEP: "0", ...env });
    const [result] = await sync(context);
    if (result?.failures[0] !== undefined) throw result.failures[0];
    return this.events.slice(from).filter((event) => event.type === "fetched");
  }

  /** A machine's package folder. */
  pkg(name: string): PackageDir {
    return new PackageDir(this.folder(name), aPackage("my_site"));
  }

  /** A revision's folder on a machine. */
  at(name: string, { revision }: Spooled): string {
    return this.pkg(name).revisionPath(revision.id);
  }

  override [Symbol.dispose](): void {
    for (const { contents } of this.spooled) contents[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

export async function spooledOf(name: RevisionName, bytes: Uint8Array): Promise<Spooled> {
  const contents = new ContentStore();
  const taker = new TreeTaker({ keep: () => true, store: contents });
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.slice();
  };
  await checkArchive(source(), { package: "my_site", rest: "tgz", watchers: [taker] });
  const [revision, tree] = [parseRevisionName(name), taker.tree()];
  if (revision === undefined || tree === undefined) throw new Error("no tree");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, revision, tree, contents, object: { sha256, size: bytes.length } };
}

export function patchOf(
  base: Spooled,
  next: Spooled,
  { change = (head: Omit<PatchHead, "parts">) => head, isWhole = false } = {},
): Uint8Array<ArrayBuffer> {
  const sides = sidesOf(base.tree, next.tree);
  const bytesIn = (side: Side, { contents }: Spooled): ReturnType<typeof bytesOfSide> =>
    bytesOfSide(side, ({ sha256 }, { offset, into }) => void contents.read(sha256, offset, into));
  const patch = makePatch({
    head: change({
      package: next.revision.package,
      from: { id: base.revision.id, tree: hashTree(formatTree(base.tree)) },
      to: { id: next.revision.id, tree: hashTree(formatTree(next.tree)), ...next.object },
    }),
    base: base.tree,
    next: next.tree,
    old: isWhole ? undefined : bytesIn(sides.old, base),
    fresh: bytesIn(sides.fresh, next),
  });
  if (patch === undefined) throw new Error("no patch");
  return patch;
}

export async function putBytes(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const size = bytes.length;
  const sha256 = createHash("sha256").update(bytes).digest("base64");
  await bucket.upload(key, {
    size,
    parts: [{ offset: 0, length: size, sha256 }],
    read: (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
  }, { metadata, concurrency: 1 });
}
