import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Environment, purge } from "../../mod.ts";
import type { FetchedEvent } from "../../src/events.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import { sharesBlocks } from "../../src/machine/disk/room.ts";
import { patchKey, treeKey } from "../../src/revision/keys.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import type { Member } from "../archive/builders.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { factsOf } from "../machine/delta/independent_walk.ts";
import { DeltaFleet, patchOf, putBytes, type Spooled } from "./delta_fleet.ts";

const ALWAYS = { FTL_DELTA: "always" };

/** A revision whose entries are of every kind. */
function site(version: number, changes: Member[] = []): Member[] {
  return [
    { name: "./", type: "5", mode: 0o755 },
    { name: "v", content: `version ${version}`, mtime: 1_600_000_000 + version },
    { name: "in/", type: "5", mode: 0o755 },
    { name: "in/same", content: "the same in all".repeat(100), mode: 0o640 },
    { name: "in/other name of same", type: "1", link: "in/same" },
    { name: "in/deep/", type: "5", mode: 0o555 },
    { name: "in/deep/read only", content: "r", mode: 0o444 },
    { name: "in/deep/changes", content: `${"x".repeat(5000)}${version}` },
    { name: "in/empty", content: "" },
    { name: "link", type: "2", link: "in/same" },
    { name: `only ${version}/`, type: "5", mode: 0o750 },
    { name: `only ${version}/moved`, content: "moved around" },
    ...changes,
  ];
}

/** The revision as a machine without deltas has it. */
async function wholeOf(fleet: DeltaFleet, path: (name: string) => string): Promise<string[]> {
  const [fetched] = await fleet.sync("plain", { FTL_DELTA: "off" });
  assertEquals(fetched?.how, "whole");
  return factsOf(path("plain"));
}

Deno.test("a revision that comes by a delta is the same as one that comes whole", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  const [first] = await fleet.sync("web", ALWAYS);
  assertEquals([first?.how, first?.fallback], ["whole", undefined]);
  const next = await fleet.release(...site(2));
  const [second] = await fleet.sync("web", ALWAYS);
  assertEquals([second?.how, second?.fallback], ["delta", undefined]);
  const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
  assertEquals(factsOf(fleet.at("web", next)), whole);
});

/** Four revisions, the machine has run the first three: the first is its spare. */
async function withSpare(
  fleet: DeltaFleet,
  env: Environment = {},
  changes: (version: number) => Member[] = () => [],
): Promise<Spooled> {
  for (const version of [1, 2, 3]) {
    await fleet.release(...site(version, changes(version)));
    await fleet.sync("web", env);
  }
  age(fleet);
  return await fleet.release(...site(4, changes(4)));
}

/** Moves the end of all records so far ahead that nothing of them is racy. */
function age(fleet: DeltaFleet): void {
  const { states, spare } = fleet.pkg("web");
  for (const folder of [states, spare]) {
    for (const { name } of existing(folder)) {
      if (name.endsWith(".stat")) editRecord(`${folder}/${name}`, () => {}, 5000);
    }
  }
}

function existing(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

/** Changes the numbers of a record, and keeps its digest valid. */
function editRecord(path: string, edit: (numbers: Float64Array) => void, later = 0): void {
  const bytes = Deno.readFileSync(path);
  const newline = bytes.indexOf(10);
  const [name, version, count, end, paths] = new TextDecoder().decode(bytes.subarray(0, newline))
    .split(" ");
  const numbers = new Float64Array(bytes.slice(newline + 1, bytes.length - 32).buffer);
  edit(numbers);
  const head = `${[name, version, count, Number(end) + later, paths].join(" ")}\n`;
  const body = Buffer.concat([Buffer.from(head), new Uint8Array(numbers.buffer)]);
  Deno.writeFileSync(path, Buffer.concat([body, createHash("sha256").update(body).digest()]));
}

/** The machine has the revision as a machine without deltas has it. Returns how it came. */
async function requireSame(
  fleet: DeltaFleet,
  next: Spooled,
  env: Environment = {},
): Promise<FetchedEvent | undefined> {
  const [fetched] = await fleet.sync("web", env);
  const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
  assertEquals(factsOf(fleet.at("web", next)), whole);
  return fetched;
}

function inodeOf(path: string): number | null {
  return Deno.lstatSync(path).ino;
}

Deno.test("a removed revision is the spare, and the next one is made of it", async () => {
  using fleet = new DeltaFleet();
  const next = await withSpare(fleet);
  const { spare } = fleet.pkg("web");
  const [id] = [...Deno.readDirSync(spare)].map(({ name }) => name).filter((name) =>
    name.length < 12
  );
  const kept = ["in/same", "in/deep/read only", "in/empty", "link"];
  const inodes = kept.map((path) => inodeOf(`${spare}/${id}/${path}`));
  const fetched = await requireSame(fleet, next);
  assertEquals([fetched?.how, fetched?.fallback], ["spare", undefined]);
  assertEquals(kept.map((path) => inodeOf(`${fleet.at("web", next)}/${path}`)), inodes);
  // The second revision is the spare now.
  const names = [...Deno.readDirSync(spare)].map(({ name }) => name).sort();
  assertEquals(names.length >= 3 && !names.includes(id ?? ""), true, names.join());
});

Deno.test("a chain of deltas stays the same as what comes whole", async () => {
  using fleet = new DeltaFleet();
  let next = await withSpare(fleet);
  for (let version = 5; version < 9; version++) {
    const fetched = await requireSame(fleet, next);
    assertEquals([fetched?.how, fetched?.fallback], ["spare", undefined]);
    next = await fleet.release(...site(version));
  }
});

Deno.test("FTL_SPARE=0, FTL_DELTA=off and purge drop the spare, and none is made", async () => {
  using fleet = new DeltaFleet();
  await withSpare(fleet);
  const { spare } = fleet.pkg("web");
  assertEquals(existing(spare).length >= 3, true);
  await fleet.sync("web", { FTL_SPARE: "0" });
  assertEquals(existing(spare), []);
  await fleet.release(...site(5));
  await fleet.sync("web", { FTL_DELTA: "off" });
  assertEquals(existing(spare), []);
  await fleet.release(...site(6));
  await fleet.sync("web");
  assertEquals(existing(spare).length >= 3, true);
  const [oldest] = fleet.pkg("web").revisions();
  await purge(fleet.context("web", ["my_site"]), { package: "my_site", keep: 9 });
  assertEquals([existing(spare), oldest !== undefined], [[], true]);
});

interface Disturbance {
  readonly what: string;
  /** What is done to the spare before the sync. */
  readonly spare?: (path: string) => void;
  /** What is done to the base. */
  readonly base?: (path: string) => void;
  readonly env?: Environment;
  readonly how: "spare" | "whole";
  /** Whether only the ctime tells. */
  readonly isCtime?: true;
}

const DISTURBED: readonly Disturbance[] = [
  {
    what: "an extra file and folder in the spare",
    spare: (path) => {
      Deno.writeTextFileSync(`${path}/in/extra`, "x");
      Deno.mkdirSync(`${path}/in/deeper/still`, { recursive: true });
      Deno.writeTextFileSync(`${path}/at the top`, "x");
    },
    how: "spare",
  },
  {
    what: "missing files in the spare",
    spare: (path) => {
      Deno.removeSync(`${path}/in/same`);
      Deno.removeSync(`${path}/link`);
    },
    how: "spare",
  },
  {
    what: "a folder of the spare that is a link elsewhere",
    spare: (path) => {
      Deno.renameSync(`${path}/in`, `${path}/../elsewhere`);
      Deno.symlinkSync("../elsewhere", `${path}/in`);
    },
    how: "spare",
  },
  {
    what: "a changed file of the same size and mtime in the spare",
    spare: (path) => {
      const { mtime } = Deno.statSync(`${path}/in/same`);
      Deno.writeTextFileSync(`${path}/in/same`, "The same in all".repeat(100));
      Deno.utimeSync(`${path}/in/same`, mtime ?? 0, mtime ?? 0);
    },
    how: "spare",
    isCtime: true,
  },
  {
    what: "other modes in the spare",
    spare: (path) => {
      Deno.chmodSync(`${path}/in/same`, 0o4777);
      Deno.chmodSync(`${path}/in/deep`, 0o777);
      Deno.chmodSync(`${path}/in`, 0o700);
    },
    how: "spare",
  },
  {
    what: "somebody else's hard link to a file of the spare",
    spare: (path) => Deno.linkSync(`${path}/in/deep/read only`, `${path}/../link`),
    how: "spare",
  },
  {
    what: "a file of the base that the patch needs, edited by a hook",
    base: (path) => {
      Deno.chmodSync(`${path}/in/deep`, 0o755);
      Deno.writeTextFileSync(`${path}/in/deep/changes`, `${"X".repeat(5000)}3`);
      Deno.chmodSync(`${path}/in/deep`, 0o555);
    },
    how: "whole",
  },
  {
    what: "a file of the base that nothing needs, edited by a hook",
    base: (path) => Deno.writeTextFileSync(`${path}/in/same`, "edited"),
    how: "spare",
  },
  { what: "FTL_VERIFY=full", env: { FTL_VERIFY: "full" }, how: "spare" },
];

Deno.test("a delta gives what comes whole, whatever was done to the spare and the base", async (t) => {
  using fleet = new DeltaFleet();
  let next = await withSpare(fleet);
  const pkg = fleet.pkg("web");
  for (const [i, { what, spare, base, env = {}, how, isCtime }] of DISTURBED.entries()) {
    await t.step(what, async () => {
      const found = readSpare(pkg);
      if (found === undefined) throw new Error("no spare");
      if (isCtime) {
        age(fleet);
        await untilNextSecond();
      }
      spare?.(found.path);
      base?.(pkg.revisionPath(pkg.revisions().at(-1) as RevisionId));
      const fetched = await requireSame(fleet, next, env);
      assertEquals(fetched?.how, how, fetched?.fallback);
      assertEquals(existing(pkg.staging), []);
    });
    next = await fleet.release(...site(5 + i));
  }
});

/** The runtime tells ctimes in seconds, and the records of these tests are valid to the end of theirs. */
async function untilNextSecond(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 1020 - Date.now() % 1000);
  await promise;
}

Deno.test("FTL_VERIFY=full finds a byte that was changed behind the record's back", async () => {
  using fleet = new DeltaFleet();
  const next = await withSpare(fleet);
  const found = readSpare(fleet.pkg("web"));
  if (found === undefined) throw new Error("no spare");
  const file = `${found.path}/in/same`;
  const { mtime, ino } = Deno.statSync(file);
  Deno.writeTextFileSync(file, "The same in all".repeat(100));
  Deno.utimeSync(file, mtime ?? 0, mtime ?? 0);
  const ctime = Math.floor((Deno.statSync(file).ctime?.getTime() ?? 0) / 1000);
  editRecord(found.records.record, (numbers) => {
    for (let i = 0; i < numbers.length; i += 4) if (numbers[i] === ino) numbers[i + 1] = ctime;
  }, 60_000);
  const fetched = await requireSame(fleet, next, { FTL_VERIFY: "full" });
  assertEquals(fetched?.how, "spare", fetched?.fallback);
});

interface Trouble {
  readonly what: string;
  readonly make: (fleet: DeltaFleet, revisions: { base: Spooled; next: Spooled }) => unknown;
  readonly why: RegExp;
}

const ID = "VZ5vQk8aR4G";

const TROUBLES: readonly Trouble[] = [
  {
    what: "no patch",
    make: (fleet, { base, next }) => fleet.bucket.remove(patchKey(next.revision, base.revision.id)),
    why: /^S3 has no patch from my_site\./,
  },
  {
    what: "the right to read patches denied",
    make: (fleet) => fleet.bucket.deny("head", 1),
    why: /denied/i,
  },
  {
    what: "a patch that is none",
    make: (fleet, { base, next }) =>
      putBytes(
        fleet.bucket,
        patchKey(next.revision, base.revision.id),
        new TextEncoder().encode("nonsense\n"),
      ),
    why: /./,
  },
  {
    what: "a damaged patch",
    make: (fleet, { base, next }) => {
      const patch = patchOf(base, next);
      patch[patch.length - 10] = (patch[patch.length - 10] ?? 0) ^ 0xff;
      return putBytes(fleet.bucket, patchKey(next.revision, base.revision.id), patch);
    },
    why: /./,
  },
  {
    what: "a patch for another revision",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, id: ID as RevisionId } }),
      }),
    why: /for other revisions/,
  },
  {
    what: "a patch for another object",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, size: head.to.size + 1 } }),
      }),
    why: /for other revisions/,
  },
  {
    what: "a patch that claims another tree",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, tree: "0".repeat(64) } }),
      }),
    why: /./,
  },
  {
    what: "no tree of the base",
    make: (fleet, { base }) => fleet.bucket.remove(treeKey(base.revision)),
    why: /tree is not known/,
  },
  {
    what: "the base's tree of another object",
    make: (fleet, { base }) =>
      fleet.putTree({ ...base, object: { ...base.object, sha256: "0".repeat(64) } }),
    why: /tree is not known/,
  },
  {
    what: "a tree that is none",
    make: (fleet, { base }) =>
      putBytes(fleet.bucket, treeKey(base.revision), new Uint8Array(100), {
        "ftl-sha256": base.object.sha256,
      }),
    why: /tree is not known/,
  },
];

Deno.test("whatever is wrong in S3, the revision comes whole", async (t) => {
  using fleet = new DeltaFleet();
  let base = await fleet.release(...site(0));
  await fleet.sync("web", ALWAYS);
  for (const [i, { what, make, why }] of TROUBLES.entries()) {
    await t.step(what, async () => {
      const next = await fleet.release(...site(1 + i));
      await make(fleet, { base, next });
      const [fetched] = await fleet.sync("web", { FTL_SPARE: "0", ...ALWAYS });
      assertEquals(fetched?.how, "whole");
      assertMatch(fetched?.fallback ?? "", why);
      const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
      assertEquals(factsOf(fleet.at("web", next)), whole);
      assertEquals(existing(fleet.pkg("web").staging), []);
      base = next;
    });
  }
});

Deno.test("without a spare and shared blocks, only FTL_DELTA=always takes a delta", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  await fleet.sync("web");
  await fleet.release(...site(2));
  const calls = fleet.bucket.calls.length;
  const [fetched] = await fleet.sync("web");
  const isShared = sharesBlocks(fleet.path);
  assertEquals(fetched?.how, isShared ? "delta" : "whole");
  assertEquals(fetched?.fallback, undefined);
  if (isShared) return;
  const asked = fleet.bucket.calls.slice(calls).filter((call) => call === "head");
  assertEquals(asked.length <= 1, true, "nothing is asked for a delta that would not be used");
});

Deno.test("the tree of the base is fetched once, and then it is kept", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  await fleet.sync("web", ALWAYS);
  await fleet.release(...site(2));
  const [first] = await fleet.sync("web", ALWAYS);
  await fleet.release(...site(3));
  const [second] = await fleet.sync("web", ALWAYS);
  assertEquals([first?.how, second?.how], ["delta", "delta"]);
  const [moved = 0, later = 0] = [first?.moved, second?.moved];
  assertEquals(later < moved, true, `${moved} B, then ${later} B`);
});
