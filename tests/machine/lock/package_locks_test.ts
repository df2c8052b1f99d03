/** The locks of a package: who has one, who does not, and how many a sync holds at the same time. */
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { createContext, type FtlEvent, sync } from "../../../mod.ts";
import { holderOf } from "../../../src/machine/lock/lock.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { aName, aPackage } from "../../names.ts";
import { TempFolder } from "../../temp.ts";
import { BusyError, ConflictError } from "../../../src/errors.ts";
import { locksOf, PackageLocks } from "../../../src/machine/lock/package_locks.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";

const PACKAGES = Array.from({ length: 68 }, (_, i) => `p${i}`);
const ID = "V0000000000";

Deno.test("sync holds a limited number of locks, however many packages have something to fetch", async () => {
  await using fleet = await Fleet.start({ durable: false });
  const bucket = fleet.bucket();
  await Promise.all(PACKAGES.map(async (name) => {
    await bucket.put(`${name}.${ID}`, "content", { metadata: {} });
    await bucket.put(`${name}.rev`, `${name}.${ID}`, { metadata: {} });
  }));
  const { root } = fleet.machine("machine", PACKAGES);
  let held: number | undefined;
  const report = ({ type }: FtlEvent): void => {
    if (type !== "fetched" || held !== undefined) return;
    // By now all packages have been looked at.
    held = PACKAGES.filter((name) => holderOf(`${root}/${name}/.ftl/sync.lock`)).length;
  };
  const context = createContext({ ...fleet.env, FTL_ROOT: root }, { report });
  const synced = await sync(context);
  assert(held !== undefined && held > 0 && held <= 64, `${held} locks held`);
  assertEquals(
    synced.map(({ active, failures }) => [active, failures.length]).toSorted(),
    PACKAGES.map((name) => [aName(`${name}.${ID}`), 0]).toSorted(),
  );
});

function locksIn(root: string, env: Record<string, string> = {}): [PackageDir, PackageLocks] {
  const context = createContext({ FTL_ROOT: root, FTL_LOCK_WAIT: "0", ...env });
  const pkg = new PackageDir(root, aPackage("a"));
  return [pkg, new PackageLocks(context, pkg, "ftl purge")];
}

Deno.test("try() on a busy lock returns its holder at once, and the other locks are free", async () => {
  using folder = new TempFolder();
  folder.folder("a");
  const [pkg, locks] = locksIn(folder.path);
  {
    using held = await locks.take("sync");
    assertEquals(held.path, locksOf(pkg).sync.path);
    const [, others] = locksIn(folder.path);
    const busy = await others.try("sync");
    assert(busy instanceof BusyError);
    assertMatch(busy.message, /^the sync of a is locked by pid [0-9]+, ftl purge, since /);
    for (const name of ["candidates", "package"] as const) {
      const free = await others.try(name);
      assert(!(free instanceof BusyError), name);
      free[Symbol.dispose]();
    }
  }
  const again = await locks.try("sync");
  assert(!(again instanceof BusyError));
  again[Symbol.dispose]();
});

Deno.test("a command in a script is refused while its own ftl waits for it, whichever lock that ftl holds", async () => {
  for (const name of ["package", "sync", "candidates"] as const) {
    using folder = new TempFolder();
    folder.folder("a");
    const [, waiting] = locksIn(folder.path);
    using _held = await waiting.take(name);
    const script = { FTL_HOOK: "post-sync", FTL_PACKAGE: "a", FTL_PID: String(Deno.pid) };
    const [, locks] = locksIn(folder.path, script);
    for (const taking of [() => locks.take("package"), () => locks.try("sync")]) {
      const error = await assertRejects(taking, ConflictError, "its own post-sync script");
      assert(!(error instanceof BusyError));
    }
    const [, foreign] = locksIn(folder.path, { ...script, FTL_PACKAGE: "b" });
    assert(await foreign.try(name) instanceof BusyError);
  }
});
