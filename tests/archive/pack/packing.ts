/** Packs folders for tests, and reads what was packed. */
import { zstdDecompressSync } from "node:zlib";
import { checkArchive } from "../../../src/archive/check.ts";
import { Excludes } from "../../../src/archive/pack/excludes.ts";
import type { Frame } from "../../../src/archive/pack/frames.ts";
import { packFolder } from "../../../src/archive/pack/pack.ts";
import { walkFolder } from "../../../src/archive/pack/walk.ts";
import type { RevisionTree } from "../../../src/archive/tree/tree.ts";
import { TreeTaker } from "../../../src/archive/tree/tree_taker.ts";
import { unpack } from "../../../src/archive/unpack.ts";
import { concat } from "../builders.ts";

interface PackOptions {
  readonly exclude?: readonly string[];
  readonly base?: RevisionTree;
}

export interface PackedBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly frames: readonly Frame[];
}

export async function pack(
  folder: string,
  { exclude = [], base }: PackOptions = {},
): Promise<PackedBytes> {
  const found = await walkFolder(folder, { excludes: new Excludes(exclude) });
  const { file, frames } = await packFolder(folder, { found, base });
  using _closed = file;
  const bytes = new Uint8Array(file.statSync().size);
  file.seekSync(0, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.readSync(bytes.subarray(done)) ?? 0;
  return { bytes, frames };
}

/** The tar in it, each frame decompressed alone. */
export function tarOf({ bytes, frames }: PackedBytes): Uint8Array<ArrayBuffer> {
  let at = 0;
  const pieces = frames.map(({ length }) => {
    at += length;
    return zstdDecompressSync(bytes.subarray(at - length, at));
  });
  return concat(...pieces);
}

/** Unpacks as a machine does. */
export async function unpackInto(bytes: Uint8Array<ArrayBuffer>, target: string): Promise<void> {
  const source = new Blob([bytes]).stream();
  await unpack(source, {
    package: "my_site",
    rest: "tar.zst",
    target,
    size: bytes.length,
  });
}

/** The names in a packed folder, as `tar -t` shows them. */
export async function namesIn(packed: PackedBytes): Promise<string[]> {
  return (await tar(packed, ["-t"])).split("\n").filter((line) => line !== "");
}

/** Runs the system's tar on the uncompressed archive, as `tar --zstd` needs a program more. */
export async function tar(packed: PackedBytes, args: readonly string[]): Promise<string> {
  const child = new Deno.Command("tar", {
    args: [...args, "-f", "-"],
    env: { LC_ALL: "C.UTF-8", TZ: "UTC" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(tarOf(packed));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The tree that `spool` puts beside a revision. */
export async function treeOfPacked({ bytes }: PackedBytes): Promise<RevisionTree> {
  const taker = new TreeTaker();
  const source = new Blob([bytes]).stream();
  await checkArchive(source, { package: "my_site", rest: "tar.zst", watchers: [taker] });
  const tree = taker.tree();
  if (tree === undefined) throw new Error("too large for a tree");
  return tree;
}
