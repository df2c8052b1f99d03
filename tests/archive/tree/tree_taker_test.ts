/** The tree that is taken from an archive is what unpacking leaves on the disk. */
import fc from "fast-check";
import { createHash } from "node:crypto";
import { checkArchive } from "../../../src/archive/check.ts";
import { ContentStore } from "../../../src/archive/tree/content_store.ts";
import {
  formatTree,
  MAX_TREE_ENTRIES,
  parseTree,
  type RevisionTree,
  type TreeEntry,
} from "../../../src/archive/tree/tree.ts";
import { TreeTaker } from "../../../src/archive/tree/tree_taker.ts";
import { isStoredMtime } from "../../../src/archive/write/mtime.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals } from "../../assert.ts";
import { bytesOf, noise, stream, tar } from "../builders.ts";
import { Playground } from "../playground.ts";
import { archive } from "../random_archives.ts";

interface Taken {
  readonly rest?: string;
  readonly chunk?: number;
  readonly taker?: TreeTaker;
}

async function take(
  bytes: Uint8Array,
  { rest = "tar", chunk, taker = new TreeTaker() }: Taken = {},
): Promise<RevisionTree> {
  await checkArchive(stream(bytes, chunk), { package: "my_site", rest, watchers: [taker] });
  return taker.tree() ?? { entries: [] };
}

function lines(tree: RevisionTree): string[] {
  return new TextDecoder().decode(formatTree(tree)).trim().split("\n").slice(1)
    .map((line) => line.replace(/\b([0-9a-f]{4})[0-9a-f]{60}\b/, "$1"));
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Checks all that is below a folder against a tree. */
function assertIsOnDisk(target: string, { entries }: RevisionTree): void {
  const expected = new Map(entries.map((entry) => [entry.path, entry]));
  const found = pathsBelow(target);
  const paths = [...expected.keys()].filter((path) => path !== "");
  assertEquals(found.map(String).sort(), [...paths].sort());
  for (const entry of entries) assertIsEntry(target, entry);
}

function assertIsEntry(target: string, entry: TreeEntry): void {
  const place = `${target}/${entry.path}`;
  const info = Deno.lstatSync(place);
  if (entry.kind === "hardlink") {
    return assertEquals(info.ino, Deno.lstatSync(`${target}/${entry.target}`).ino, entry.path);
  }
  const kind = info.isSymlink ? "symlink" : info.isDirectory ? "folder" : "file";
  assertEquals(kind, entry.kind, entry.path);
  if (entry.kind !== "symlink") assertEquals((info.mode ?? 0) & 0o777, entry.mode, entry.path);
  else assertEquals(Deno.readLinkSync(place), entry.target);
  if (entry.mtime !== undefined) {
    const time = info.mtime?.getTime() ?? NaN;
    assert(isStoredMtime(time, entry.mtime), `${entry.path}: ${time} is not ${entry.mtime}`);
  }
  if (entry.kind !== "file") return;
  const content = Deno.readFileSync(place);
  assertEquals([content.length, sha256Of(content)], [entry.size, entry.sha256], entry.path);
}

function pathsBelow(target: string, below = ""): string[] {
  return [...Deno.readDirSync(`${target}/${below}`)].flatMap(({ name, isDirectory }) => {
    const path = below === "" ? name : `${below}/${name}`;
    return [path, ...(isDirectory ? pathsBelow(target, path) : [])];
  });
}

Deno.test("a tree is what unpacking leaves, whatever the archive replaces and links", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(archive, async ({ bytes, rest, chunk }) => {
      using play = new Playground();
      try {
        await play.unpack(bytes, { rest });
      } catch (error) {
        if (error instanceof IntegrityError) return;
        throw error;
      }
      accepted++;
      const tree = await take(bytes, { rest, chunk });
      assertIsOnDisk(play.target, tree);
      assertEquals(parseTree(formatTree(tree)), tree);
    }),
    { numRuns: 200 },
  );
  assert(accepted > 40, `${accepted} of 200 archives could be unpacked`);
});

Deno.test("a hard link keeps the content of a file that is replaced later", async () => {
  const bytes = tar(
    { name: "b", content: "old" },
    { name: "c", type: "1", link: "b" },
    { name: "a", type: "1", link: "./c" },
    { name: "b", content: "new", mode: 0o600 },
    { name: "d", type: "2", link: "b" },
    { name: "e", type: "1", link: "d" },
    { name: "e", type: "1", link: "e" },
  );
  assertEquals(lines(await take(bytes)), [
    'f 644 1500000000000 3 cba0 "a"',
    'f 600 1500000000000 3 1150 "b"',
    'h "c" "a"',
    'l 1500000000000 "d" "b"',
    'h "e" "d"',
  ]);
});

Deno.test("folders are those of the archive, and those that it only uses", async () => {
  const bytes = tar(
    { name: "./", type: "5", mode: 0o011 },
    { name: "d/e/f" },
    { name: "d/", type: "5", mode: 0o500 },
    { name: "g/", type: "5", mode: 0o700 },
    { name: "g" },
  );
  assertEquals(lines(await take(bytes)), [
    'd 711 1500000000000 ""',
    'd 500 1500000000000 "d"',
    'd 755 - "d/e"',
    'f 644 1500000000000 0 e3b0 "d/e/f"',
    'f 644 1500000000000 0 e3b0 "g"',
  ]);
});

Deno.test("a file that is no archive is the only one of its tree", async () => {
  const bytes = bytesOf("one\n".repeat(1000));
  const [line] = lines(await take(bytes, { rest: "txt", chunk: 7 }));
  assertEquals(line, `f 644 - 4000 ${sha256Of(bytes).slice(0, 4)} "my_site.txt"`);
  assertEquals((await take(new Uint8Array(), { rest: "txt" })).entries.length, 1);
});

Deno.test("contents that are asked for are kept, small and large ones, each once", async () => {
  const [small, large, waste] = [noise(5000), noise((1 << 20) + 9), noise(3 << 20)];
  const bytes = tar(
    ...[small, waste, large, new Uint8Array(), waste, large, small].map((content, i) => ({
      name: `${i}`,
      content,
    })),
  );
  const unwanted = sha256Of(waste);
  for (const limit of [undefined, 0, 6000]) {
    for (const chunk of [4000, 64 << 10, 16 << 20]) {
      using store = new ContentStore({ limit });
      const keep = (sha256: string): boolean => sha256 !== unwanted;
      await take(bytes, { chunk, taker: new TreeTaker({ keep, store }) });
      assertEquals(store.bytes, small.length + large.length);
      assertEquals(store.has(unwanted), false);
      for (const content of [small, large, new Uint8Array()]) {
        const into = new Uint8Array(content.length + 10);
        const sha256 = sha256Of(content);
        assertEquals(store.sizeOf(sha256), content.length);
        assertEquals(store.read(sha256, 0, into), content.length);
        assertEquals(sha256Of(into.subarray(0, content.length)), sha256);
        const part = new Uint8Array(Math.min(100, content.length));
        store.read(sha256, content.length - part.length, part);
        assertEquals(part, content.slice(content.length - part.length));
      }
    }
  }
});

Deno.test("a tree with too many entries is none", () => {
  const given = { kind: "symlink", mode: 0o777, mtime: 1, size: 0, target: "x" } as const;
  const takeMany = (count: number): RevisionTree | undefined => {
    const taker = new TreeTaker();
    for (let i = 0; i < count; i++) taker.begin({ ...given, name: `${i}` }, `${i}`);
    taker.end();
    return taker.tree();
  };
  assertEquals(takeMany(MAX_TREE_ENTRIES)?.entries.length, MAX_TREE_ENTRIES);
  assertEquals(takeMany(MAX_TREE_ENTRIES + 1), undefined);
});

Deno.test("a tree with too much text is none", () => {
  const taker = new TreeTaker();
  const given = { kind: "symlink", mode: 0o777, mtime: 1, size: 0, target: "x" } as const;
  for (let i = 0; i < 9000; i++) {
    const path = `${i}${"/nnnnnnn".repeat(500)}`;
    taker.begin({ ...given, name: path, target: path }, path);
  }
  taker.end();
  assertEquals(taker.tree(), undefined);
});
