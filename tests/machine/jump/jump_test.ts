/** The steps of a jump, and how the next command finishes a jump that a kill interrupted: see `jump.ts`. */
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { createContext, jump, purge } from "../../../mod.ts";
import { NotFoundError, ScriptError, UsageError } from "../../../src/errors.ts";
import { isHeld, readHold, writeHolds } from "../../../src/machine/jump/hold.ts";
import { readJournal, writeJournal } from "../../../src/machine/jump/journal.ts";
import { Jumps } from "../../../src/machine/jump/jump.ts";
import { readLink, writeLinks } from "../../../src/machine/links.ts";
import { readActiveFailures } from "../../../src/machine/jump/outcomes.ts";
import { postSyncOf, writePointerState } from "../../../src/machine/state.ts";
import { aName, anId } from "../../names.ts";
import { TestMachine } from "../machine.ts";

const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];
const [OLD_NAME, NEW_NAME] = [aName(`my_site.${OLD}`), aName(`my_site.${NEW}`)];
/** The rest of a journal at the beginning of a jump. */
const SWITCHING = { phase: "jump", onBadHealth: "stay" } as const;
const ALL = ["pre-jump", "un-jump", "post-jump"];

/** A machine on which the old revision is active, and the new one ready. */
function ready(given: Parameters<TestMachine["addRevision"]>[1] = { scripts: ALL }): TestMachine {
  const machine = new TestMachine();
  machine.addRevision(OLD, { scripts: ALL });
  machine.addRevision(NEW, given);
  writeLinks(machine.pkg, { current: OLD });
  return machine;
}

function jumps({ context, pkg }: TestMachine): Jumps {
  return new Jumps(context, pkg, "jump");
}

Deno.test("a jump runs the scripts in their order, switches both links, and leaves no journal", async () => {
  using machine = ready();
  const { pkg } = machine;
  assertEquals(await jumps(machine).to(NEW, undefined), { from: OLD, failures: [] });
  const told = `${OLD_NAME} ${NEW_NAME} jump`;
  assertEquals(machine.told, [
    `pre-jump ${NEW_NAME} ${told}`,
    `un-jump ${OLD_NAME} ${told}`,
    `post-jump ${NEW_NAME} ${told}`,
  ]);
  assertEquals([readLink(pkg, "current"), readLink(pkg, "previous")], [NEW, OLD]);
  assertEquals(readJournal(pkg), undefined);
  assertEquals(machine.events.filter(({ type }) => type === "activated"), [
    { type: "activated", revision: NEW_NAME, from: OLD_NAME },
  ]);
});

Deno.test("a jump to the active revision changes nothing and runs nothing, but stores the hold", async () => {
  using machine = ready();
  const hold = { id: OLD, blessed: NEW, version: "1", blessing: "7", rollout: "9" };
  assertEquals(await jumps(machine).to(OLD, hold), { from: OLD, failures: [] });
  assertEquals([machine.told, machine.events], [[], []]);
  assertEquals(readHold(machine.pkg, OLD), hold);
});

Deno.test("a setting that does not parse is refused before any change", async () => {
  using machine = ready({ scripts: ["post-jump"] });
  const { pkg } = machine;
  const bad = createContext({ FTL_ROOT: machine.root, FTL_HOOK_TIMEOUT: "5m" });
  await assertRejects(() => jump(bad, NEW_NAME), UsageError, "FTL_HOOK_TIMEOUT");
  assertEquals([readLink(pkg, "current"), readJournal(pkg), machine.told], [OLD, undefined, []]);
  machine.write(`root/my_site/revs/${NEW}/health.sh`, "#!/bin/sh\nexit 100\n", 0o755);
  const worse = createContext({ FTL_ROOT: machine.root, FTL_HEALTH_TIMEOUT: "5m" });
  await assertRejects(() => jump(worse, NEW_NAME), UsageError, "FTL_HEALTH_TIMEOUT");
  assertEquals([readLink(pkg, "current"), readJournal(pkg), machine.told], [OLD, undefined, []]);
  machine.addRevision(anId("VZ5vQkAaR4G"));
  machine.addRevision(anId("VZ5vQkBaR4G"));
  await assertRejects(() => purge(bad, { package: "my_site", keep: 1 }), UsageError, "5m");
  assertEquals(pkg.revisions().length, 4);
});

Deno.test("a failing pre-jump changes nothing", async () => {
  using machine = ready({ failing: ["pre-jump"] });
  const { pkg } = machine;
  await assertRejects(() => jumps(machine).to(NEW, undefined), ScriptError, "pre-jump failed");
  assertEquals([readLink(pkg, "current"), readLink(pkg, "previous")], [OLD, undefined]);
  assertEquals(readJournal(pkg), undefined);
});

Deno.test("a failing post-jump is reported, and the new revision is active", async () => {
  using machine = ready({ failing: ["post-jump"] });
  const { failures } = await jumps(machine).to(NEW, undefined);
  assertEquals(failures.map(({ message }) => message), [`${NEW_NAME} post-jump failed: exit 1`]);
  assertEquals(failures.map(({ revision, step, exit }) => ({ revision, step, exit })), [
    { revision: NEW_NAME, step: "post-jump", exit: { code: 1 } },
  ]);
  const [log] = failures.map((failure) => failure.log);
  assertEquals(log?.startsWith(`${machine.pkg.logs}/`) && Deno.statSync(log).isFile, true);
  assertEquals(readLink(machine.pkg, "current"), NEW);
});

Deno.test("a failed post-jump is remembered until one of the active revision succeeds", async () => {
  using machine = ready({ failing: ["post-jump"] });
  const { pkg } = machine;
  const started = Date.now();
  const { failures: [failure] } = await jumps(machine).to(NEW, undefined);
  const failed = readActiveFailures(pkg).postJump;
  assertEquals([failed?.outcome, failed?.log], ["exit 1", failure?.log]);
  assertMatch(Deno.readTextFileSync(failed?.log ?? ""), /^\[ftl\] exit 1, after /m);
  assert(Date.parse(failed?.at ?? "") >= started);
  assertEquals(postSyncOf(pkg, NEW), "ok");

  await jumps(machine).to(OLD, undefined);
  assertEquals(readActiveFailures(pkg).postJump, undefined);
  await jumps(machine).to(NEW, undefined);
  assertEquals(readActiveFailures(pkg).postJump?.outcome, "exit 1");

  Deno.writeTextFileSync(`${pkg.revisionPath(NEW)}/post-jump.sh`, "#!/bin/sh\nexit 0\n");
  writeJournal(pkg, { from: OLD, to: NEW, action: "jump", ...SWITCHING });
  assertEquals((await jumps(machine).finish()).failures, []);
  assertEquals(readActiveFailures(pkg).postJump, undefined);
});

Deno.test("the error of a script says by which signal it ended, and which time limit it missed", async () => {
  for (
    const [script, exit] of [
      ["kill -s KILL $$", { signal: "SIGKILL" }],
      ["exec sleep 600", { timeout: 1 }],
    ] as const
  ) {
    using machine = ready();
    machine.write(`root/my_site/revs/${NEW}/pre-jump.sh`, `#!/bin/sh\n${script}\n`, 0o755);
    const context = createContext({ FTL_ROOT: machine.root, FTL_HOOK_TIMEOUT: "1" });
    const error = await assertRejects(() => jump(context, NEW_NAME), ScriptError);
    assertEquals([error.step, error.exit], ["pre-jump", exit]);
  }
});

Deno.test("only a revision that is here and prepared becomes active", async () => {
  using machine = ready({ postSync: "failed" });
  await assertRejects(() => jumps(machine).to(NEW, undefined), ScriptError, "its post-sync failed");
  const gone = anId("VZ5vQkAaR4G");
  await assertRejects(() => jumps(machine).to(gone, undefined), NotFoundError, String(gone));
  assertEquals(readLink(machine.pkg, "current"), OLD);
});

Deno.test("finish() starts the old revision again if a kill came before the switch", async () => {
  using machine = ready();
  const { pkg } = machine;
  writeJournal(pkg, { from: OLD, to: NEW, action: "jump-back", ...SWITCHING });
  assertEquals((await jumps(machine).finish()).failures, []);
  assertEquals(machine.told, [`post-jump ${OLD_NAME} ${OLD_NAME} ${OLD_NAME} jump-back`]);
  assertEquals([readLink(pkg, "current"), readJournal(pkg)], [OLD, undefined]);
});

Deno.test("finish() runs the post-jump that is due if a kill came after the switch", async () => {
  using machine = ready();
  const { pkg } = machine;
  writeJournal(pkg, { from: OLD, to: NEW, action: "sync", ...SWITCHING });
  writeLinks(pkg, { current: NEW, previous: OLD });
  assertEquals((await jumps(machine).finish()).failures, []);
  assertEquals(machine.told, [`post-jump ${NEW_NAME} ${OLD_NAME} ${NEW_NAME} sync`]);
  assertEquals(readJournal(pkg), undefined);
});

Deno.test("finish() forgets a jump if neither of its revisions is active", async () => {
  using machine = ready();
  const { pkg } = machine;
  const other = anId("VZ5vQkAaR4G");
  machine.addRevision(other);
  writeJournal(pkg, { from: NEW, to: other, action: "jump", ...SWITCHING });
  assertEquals([(await jumps(machine).finish()).failures, machine.told], [[], []]);
  assertEquals(readJournal(pkg), undefined);
});

Deno.test("a hold counts only for the active revision, and until another one is blessed", () => {
  using machine = ready();
  const { pkg } = machine;
  const pointer = { schema: 2, blessed: NEW, blessing: "7" } as const;
  writePointerState(pkg, { ...pointer, version: "1" });
  const [first, second] = [OLD, NEW].map((id) => {
    return { id, blessed: NEW, version: "1", blessing: "7", rollout: "9" };
  });
  writeHolds(pkg, [first, second]);
  assertEquals([readHold(pkg, OLD), readHold(pkg, NEW)], [first, second]);
  assertEquals(isHeld(pkg), true);
  // The pointer was rewritten, but the blessing is the same.
  writePointerState(pkg, { ...pointer, version: "2" });
  assertEquals(isHeld(pkg), true);
  writePointerState(pkg, { ...pointer, version: "3", blessing: "8" });
  assertEquals(isHeld(pkg), false);
  writeHolds(pkg, [undefined]);
  assertEquals(readHold(pkg, OLD), undefined);
});
