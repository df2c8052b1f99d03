/** Large archives of small files, which two threads write. */
import { createHash } from "node:crypto";
import { StorageError } from "../../../src/errors.ts";
import { ArchiveThread } from "../../../src/archive/thread/thread.ts";
import type { SmallFile } from "../../../src/archive/thread/thread_program.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { gzip, type Member, noise, tar, zstd } from "../builders.ts";
import { Playground } from "../playground.ts";
import { withProcessors } from "./processors.ts";

/** Files that one thread cannot write as fast as the other decompresses them. */
const FILES = 12_000;

type Step = (files: readonly SmallFile[]) => void;

/** Runs `work`; the answer is how often files were handed over to the other thread. */
async function handOvers(
  work: () => Promise<unknown>,
  around: { before?: Step; after?: Step } = {},
): Promise<number> {
  const { writeFiles } = ArchiveThread.prototype;
  let times = 0;
  ArchiveThread.prototype.writeFiles = function (output, files): void {
    times++;
    around.before?.(files);
    writeFiles.call(this, output, files);
    around.after?.(files);
  };
  try {
    await withProcessors(2, work);
  } finally {
    ArchiveThread.prototype.writeFiles = writeFiles;
  }
  return times;
}

function small(index: number): Member {
  const content = index % 50 === 0 ? "" : noise(150 + index % 400);
  const mode = [0o644, 0o755, 0o600][index % 3] ?? 0;
  return { name: `folder${index % 70}/file${index}`, content, mode, mtime: 1e9 + index };
}

/** What comes later undoes, links and counts on what came before: in the same chunk, and long before. */
function* tangled(): Generator<Member> {
  for (let index = 0; index < FILES; index++) {
    yield small(index);
    const before = small(Math.max(0, index - (index % 2 === 0 ? 1 : 3000)));
    if (index % 40 === 0) yield { ...before, content: `again ${index}` };
    if (index % 90 === 0) yield { name: `links/${index}`, type: "1", link: before.name };
    if (index % 130 === 0) yield { name: `links/soft${index}`, type: "2", link: "../folder0" };
    if (index % 700 === 0) {
      yield { name: `changing/${index}`, content: "a file" };
      yield { name: `changing/${index}`, type: "5", mode: 0o750 };
      yield { name: `changing/${index}/inner`, content: `in a folder ${index}` };
      yield { name: `changing/${index + 1}/`, type: "5" };
      yield { name: `changing/${index + 1}`, content: "a file again" };
    }
  }
}

/** Everything about a tree that `tar --compare` would see. */
function portrait(folder: string, below = ""): string[] {
  const lines: string[] = [];
  for (const { name } of Deno.readDirSync(`${folder}${below}`)) {
    const path = `${below}/${name}`;
    const { isSymlink, isDirectory, mode, mtime, nlink } = Deno.lstatSync(folder + path);
    const facts = `${path} ${mode} ${isDirectory || isSymlink ? "" : nlink} ${mtime?.getTime()}`;
    if (isDirectory) lines.push(facts, ...portrait(folder, path));
    else if (isSymlink) lines.push(`${facts} ${Deno.readLinkSync(folder + path)}`);
    else {
      const content = Deno.readFileSync(folder + path);
      lines.push(`${facts} ${createHash("sha256").update(content).digest("hex")}`);
    }
  }
  return lines.sort();
}

/** Without the mtimes of the folders that only paths in the archive speak of: they are of now. */
function lasting(lines: string[]): string[] {
  return lines.map((line) => line.replace(/^(\/(?:folder\d+|links|changing) \d+ {2}).*/, "$1"));
}

Deno.test("two threads write the tree that one would write", async () => {
  const bytes = tar(...tangled());
  using alone = new Playground();
  assertEquals(await handOvers(() => alone.unpack(bytes)), 0);
  const expected = lasting(portrait(alone.target));
  assert(expected.length > FILES);
  for (const [rest, pack] of [["tgz", gzip], ["tar.zst", zstd]] as const) {
    using play = new Playground();
    assert(await handOvers(() => play.unpack(pack(bytes), { rest })) > 0);
    assertEquals(lasting(portrait(play.target)), expected);
    play.assertNothingEscaped();
  }
});

Deno.test("what the other thread cannot write ends the unpacking, and the message names it", async () => {
  const bytes = gzip(tar(...Array.from({ length: FILES }, (_, index) => small(index))));
  using play = new Playground();
  let taken: string | undefined;
  const before: Step = (files) => {
    if (taken === undefined) Deno.mkdirSync(taken = files[1]?.place ?? "");
  };
  const work = () => handOvers(() => play.unpack(bytes, { rest: "tgz" }), { before });
  const { message } = await assertRejects(work, StorageError);
  assertMatch(message, /^Cannot write \S+\/staging\/folder\d+\/file\d+: .*exists/);
  assert(message.startsWith(`Cannot write ${taken}: `), message);
  play.assertNothingEscaped();
});

Deno.test("when unpacking has failed, neither thread writes any more", async () => {
  const bytes = gzip(tar(...Array.from({ length: FILES }, (_, index) => small(index))));
  using places = new DisposableStack();
  const plays = Array.from({ length: 10 }, () => places.use(new Playground()));
  const failure = new Error("enough");
  const after: Step = ([first]) => {
    for (let tries = 0; tries < 1e6 && !isThere(first?.place ?? ""); tries++); // it is at work now
    throw failure;
  };
  for (const play of plays) {
    const work = () => handOvers(() => play.unpack(bytes, { rest: "tgz" }), { after });
    assertEquals(await assertRejects(work, Error), failure);
    assert(portrait(play.target).length < FILES);
    Deno.removeSync(play.target, { recursive: true });
  }
  for (const { path } of plays) assertEquals([...Deno.readDirSync(`${path}/outer`)], []);
});

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
