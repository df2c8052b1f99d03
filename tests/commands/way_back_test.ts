/** Nothing may keep a machine from its way back: not what the new revision did, not a link, not S3. */
import { jumpBack, spool, sync } from "../../mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import type { FtlEvent } from "../../src/events.ts";
import { type JumpUnderWay, readJournal, writeJournal } from "../../src/machine/jump/journal.ts";
import { readLink } from "../../src/machine/links.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { type RevisionName, toRevision } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { Mount, run } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { HealthFleet } from "./health_fleet.ts";

/** The first revision is active; the second one, with these scripts, is blessed. */
async function blessed(
  scripts: Readonly<Record<string, string>>,
): Promise<{ fleet: HealthFleet; old: RevisionName; next: RevisionName }> {
  const fleet = new HealthFleet();
  const old = await fleet.next();
  await fleet.bless(old);
  await fleet.sync();
  const members = Object.entries(scripts).map(([step, text]) => {
    return { name: `${step}.sh`, content: `#!/bin/sh\n${text}\n`, mode: 0o755 };
  });
  const { revision: next } = await spool(fleet.context(), fleet.archive("a.tgz", ...members));
  await fleet.bless(next);
  fleet.told();
  return { fleet, old, next };
}

/** The journal of the jump to the second revision, as a sync left it that was killed in that phase. */
function leaveJournal(
  fleet: HealthFleet,
  { old, next, ...rest }:
    & { old: RevisionName; next: RevisionName }
    & Pick<JumpUnderWay, "phase">
    & Partial<JumpUnderWay>,
): void {
  writeJournal(fleet.pkg, {
    ...{ from: toRevision(old).id, to: toRevision(next).id, action: "sync" },
    ...{ onBadHealth: "go-back", blessing: readPointerState(fleet.pkg)?.blessing },
    ...rest,
  });
}

Deno.test("jump-back never leads to the revision that failed, even if that was the previous one", async () => {
  using fleet = new HealthFleet();
  const [old, next] = [await fleet.next(), await fleet.next()];
  for (const revision of [old, next]) {
    await fleet.bless(revision);
    await fleet.sync();
  }
  await jumpBack(fleet.web, "a");
  assertEquals(fleet.links, [old, next]);
  fleet.bad(next);
  await fleet.bless(next, { again: true });
  assertEquals((await fleet.sync()).rolledBack, { from: next, to: old });
  assertEquals(fleet.links, [old, undefined]);
  await assertRejects(() => jumpBack(fleet.web, "a"), NotFoundError);
});

const REMOVALS = [
  ["its own folder, and fails", 'rm -rf "$FTL_REVISION_DIR"; exit 1', /not there any more/],
  ["its own folder, and succeeds", 'rm -rf "$FTL_REVISION_DIR"', /the revision was taken away/],
  ["its health.sh, and fails", 'rm "$FTL_REVISION_DIR/health.sh"; exit 1', /not there any more/],
] as const;

for (const [what, health, why] of REMOVALS) {
  Deno.test(`a revision whose health removes ${what} is not healthy`, async () => {
    const { fleet, old, next } = await blessed({ health });
    using _fleet = fleet;
    const { rolledBack, failures } = await fleet.sync();
    assertEquals([rolledBack, fleet.links[0]], [{ from: next, to: old }, old]);
    assertMatch(failures[0]?.message ?? "", why);
    assertEquals((await fleet.sync()).quarantined, next);
    assertEquals(fleet.links[0], old);
  });
}

Deno.test("a rollback that was cut short goes on, although the revision has removed itself", async () => {
  const { fleet, old, next } = await blessed({ health: "exit 0" });
  using _fleet = fleet;
  await fleet.sync();
  leaveJournal(fleet, {
    old,
    next,
    phase: "rollback",
    target: toRevision(old).id,
    reason: "exit 1",
  });
  Deno.removeSync(fleet.pkg.revisionPath(toRevision(next).id), { recursive: true });
  assertEquals((await fleet.sync()).rolledBack, { from: next, to: old });
  assertEquals([fleet.links[0], (await fleet.sync()).quarantined], [old, next]);
});

Deno.test("a revision that puts a file in the place of FTL_SHARED does not keep the machine", async () => {
  const { fleet, old, next } = await blessed({
    "health": 'rm -rf "$FTL_SHARED"; : > "$FTL_SHARED"; exit 100',
    "un-jump": "exit 0",
  });
  using _fleet = fleet;
  const { rolledBack, failures } = await fleet.sync();
  assertEquals([rolledBack, fleet.links[0]], [{ from: next, to: old }, old]);
  assertEquals(failures.map(({ message }) => message.replace(/ \S+\/shared /, " SHARED ")), [
    failures[0]?.message ?? "",
    `${next} un-jump failed: cannot run it: SHARED is not a folder`,
    `${old} post-jump failed: cannot run it: SHARED is not a folder`,
  ]);
  assertEquals(fleet.quarantines.length, 1);
});

// The log of an attempt takes inodes too, and leaves them free: so one attempt is not enough.
testWith(MOUNTING, "a revision that uses up the inodes of the disk is left", async () => {
  const { fleet, old, next } = await blessed({
    health:
      'i=0; while touch "$FTL_REVISION_DIR/$i" 2> /dev/null; do i=$((i+1)); done; [ $FTL_ATTEMPT -lt 3 ] || exit 100; exit 1',
  });
  using _fleet = fleet;
  const { path } = fleet.pkg;
  Deno.renameSync(path, `${path}.old`);
  using mount = Mount.tmpfs(fleet.folder("web/a"), "nr_inodes=100");
  run("cp", "-a", `${path}.old/.`, mount.path);
  const { rolledBack } = await fleet.sync();
  assertEquals([rolledBack, fleet.links], [{ from: next, to: old }, [old, undefined]]);
  assertEquals(fleet.quarantines.length, 1);
});

Deno.test("a revision that cuts the machine off from S3 is left by the next sync", async () => {
  const { fleet, old, next } = await blessed({ health: "exit 0" });
  using _fleet = fleet;
  await fleet.sync();
  leaveJournal(fleet, { old, next, phase: "health" });
  Deno.writeTextFileSync(`${fleet.pkg.revisionPath(toRevision(next).id)}/health.sh`, "exit 100");
  fleet.bucket.deny("list", 1);
  const [result] = await sync(fleet.web);
  assertEquals(result?.rolledBack, { from: next, to: old });
  assertEquals([fleet.links[0], fleet.quarantines.length], [old, 1]);
  assertEquals(result?.failures.map(({ name }) => name), ["ScriptError", "StorageError"]);
});

Deno.test("a copy waits for S3 before the jump of another machine is finished or dropped", async () => {
  const { fleet, old, next } = await blessed({ health: "exit 0" });
  using _fleet = fleet;
  await fleet.sync();
  leaveJournal(fleet, { old, next, phase: "health" });
  fleet.bucket.deny("list", 1);
  const copy = { ...fleet.web, config: fleet.context("web", ["a"], { FTL_MACHINE: "i-2" }).config };
  Deno.writeTextFileSync(
    fleet.pkg.ownPath("machine"),
    JSON.stringify({ machine: "i-1", source: "FTL_MACHINE", host: "elsewhere" }),
  );
  const [result] = await sync(copy);
  assertEquals([result?.failures.length, fleet.links[0]], [1, next]);
  assertEquals(readJournal(fleet.pkg)?.phase, "health");
});

Deno.test("a revision that gets FTL killed each time is left after three tries", async () => {
  using fleet = new HealthFleet();
  const old = await fleet.next();
  await fleet.bless(old);
  await fleet.sync();
  const next = await fleet.next();
  await fleet.bless(next);
  await fleet.sync();
  leaveJournal(fleet, { old, next, phase: "health", tries: 2 });
  const { rolledBack } = await fleet.sync();
  assertEquals([rolledBack, fleet.links[0]], [undefined, next]);
  fleet.told();
  leaveJournal(fleet, { old, next, phase: "health", tries: 3 });
  const left = await fleet.sync();
  assertEquals([left.rolledBack, left.quarantined], [{ from: next, to: old }, next]);
  assertMatch(left.failures[0]?.message ?? "", /health failed: the jump was cut short 3 times; /);
  // It is not asked once more.
  assertEquals(fleet.told().map((line) => line.split(" ")[0]), ["un-jump", "post-jump"]);
});

Deno.test("each command that goes on with a jump is counted", async () => {
  using fleet = new HealthFleet();
  for (const revision of [await fleet.next(), await fleet.next()]) {
    await fleet.bless(revision);
    await fleet.sync();
  }
  const [to, from] = [readLink(fleet.pkg, "current"), readLink(fleet.pkg, "previous")];
  assert(to !== undefined);
  writeJournal(fleet.pkg, { from, to, action: "jump", phase: "health", onBadHealth: "go-back" });
  let tries: number | undefined;
  const context = {
    ...fleet.web,
    report: (event: FtlEvent) => {
      if (event.type === "script" && event.step === "health") {
        tries = readJournal(fleet.pkg)?.tries;
      }
    },
  };
  await sync(context);
  assertEquals(tries, 2);
});

Deno.test("shared may be a link to a folder, but to nothing else", async () => {
  using fleet = new HealthFleet();
  const elsewhere = fleet.folder("elsewhere");
  const { shared } = fleet.pkg;
  Deno.renameSync(`${shared}/bad`, `${elsewhere}/bad`);
  Deno.removeSync(shared, { recursive: true });
  Deno.symlinkSync(elsewhere, shared);
  const first = await fleet.next();
  await fleet.bless(first);
  assertEquals((await fleet.sync()).failures, []);
  assertEquals(Deno.readTextFileSync(`${elsewhere}/told`).includes(`post-jump ${first}`), true);
  Deno.removeSync(elsewhere, { recursive: true });
  await fleet.bless(await fleet.next());
  const { active, failures: [failure] } = await fleet.sync();
  assertEquals(active, first);
  assertMatch(failure?.message ?? "", /shared is a link/);
});
