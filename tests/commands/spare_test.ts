import { type Environment, jumpMaster, purge, StorageError } from "../../mod.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { assertEquals, assertRejects } from "../assert.ts";
import { DeltaFleet } from "./delta_fleet.ts";
import { age, editRecord, existing, inodeOf, requireSame, site, withSpare } from "./delta_site.ts";

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

Deno.test("a file of the spare that gets or loses a name stays", async () => {
  using fleet = new DeltaFleet();
  const [link, more] = [
    { name: "in/linked", type: "1", link: "in/empty" },
    { name: "in/deep/linked", type: "1", link: "in/deep/read only" },
  ];
  const next = await withSpare(fleet, {}, (version) => version < 4 ? [link] : [more]);
  const fetched = await requireSame(fleet, next);
  assertEquals([fetched?.how, fetched?.fallback], ["spare", undefined]);
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
  // Of a revision that came without deltas it is not known how its files looked. The third one after it leaves a spare.
  for (const version of [6, 7, 8]) {
    await fleet.release(...site(version));
    await fleet.sync("web");
  }
  assertEquals(existing(spare).length >= 3, true);
  const [oldest] = fleet.pkg("web").revisions();
  await purge(fleet.context("web", ["my_site"]), { package: "my_site", keep: 9 });
  assertEquals([existing(spare), oldest !== undefined], [[], true]);
});

Deno.test("what is removed after a revision had no room is no spare", async () => {
  using fleet = new DeltaFleet();
  const keeping = { FTL_KEEP: "1" };
  await fleet.release(...site(1));
  await fleet.sync("web", keeping);
  const { revision: candidate } = await fleet.spoolOnly(...site(2));
  await fleet.sync("web", keeping);
  const pkg = fleet.pkg("web");
  assertEquals(pkg.has(candidate.id), true);
  const large = await fleet.spoolOnly(...site(3));
  await jumpMaster(fleet.context(), large.name);
  await fleet.inflate(large);
  await assertRejects(() => fleet.sync("web", keeping), StorageError, "No room for");
  assertEquals([pkg.has(candidate.id), existing(pkg.spare)], [false, []]);
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

Deno.test("what is in the place of the spare's folder is left alone, and stops nobody", async () => {
  using fleet = new DeltaFleet();
  await withSpare(fleet);
  const { spare } = fleet.pkg("web");
  const elsewhere = `${fleet.folder("web")}/../elsewhere`;
  Deno.renameSync(spare, elsewhere);
  Deno.writeTextFileSync(`${elsewhere}/precious`, "x");
  const before = existing(elsewhere).length;
  Deno.symlinkSync(elsewhere, spare);
  for (const env of [{}, { FTL_SPARE: "0" }]) {
    await fleet.sync("web", env);
    await fleet.release(...site(5));
    assertEquals(existing(elsewhere).length, before);
  }
  Deno.removeSync(spare);
  Deno.writeTextFileSync(spare, "");
  await fleet.sync("web");
});

Deno.test("records of revisions that another ftl has removed go with the next clean-up", async () => {
  using fleet = new DeltaFleet();
  await withSpare(fleet);
  const { states } = fleet.pkg("web");
  const records = () =>
    existing(states).map(({ name }) => name).filter((name) => !name.endsWith(".json"));
  for (const name of ["VZ5vQk8aR4G.stat", "VZ5vQk8aR4G.tree"]) {
    Deno.writeTextFileSync(`${states}/${name}`, "");
  }
  await fleet.sync("web");
  const left = records().filter((name) => name.startsWith("VZ5vQk8aR4G"));
  assertEquals([left, records().length > 0], [[], true]);
});
