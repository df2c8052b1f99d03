/** The health of a new revision: how long it is asked for, what a rollback does, and what a kill leaves. */
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { readHold, writeHolds } from "../../../src/machine/jump/hold.ts";
import { type JumpUnderWay, readJournal, writeJournal } from "../../../src/machine/jump/journal.ts";
import { type HealthOptions, Jumps } from "../../../src/machine/jump/jump.ts";
import { readActiveFailures } from "../../../src/machine/jump/outcomes.ts";
import { addQuarantine, readQuarantines } from "../../../src/machine/jump/quarantine.ts";
import { readLink, writeLinks } from "../../../src/machine/links.ts";
import { InterruptedError } from "../../../src/errors.ts";
import type { RevisionId } from "../../../src/revision/names.ts";
import { aName, anId } from "../../names.ts";
import { TestMachine } from "../machine.ts";

const [FIRST, OLD, NEW] = [anId("VZ5vQk7aR4G"), anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];
const [OLD_NAME, NEW_NAME] = [aName(`my_site.${OLD}`), aName(`my_site.${NEW}`)];
const SCRIPTS = ["pre-jump", "un-jump", "post-jump"];
const SYNC: HealthOptions = { onBadHealth: "go-back", fallback: FIRST, blessing: "7" };

/** `previous` leads to the first revision, the old one is active, and the new one is ready. */
function ready(
  { health, seconds = 1 }: { health?: string; seconds?: number } = {},
): TestMachine {
  const machine = new TestMachine({ FTL_HEALTH_TIMEOUT: String(seconds) });
  for (const id of [FIRST, OLD, NEW]) machine.addRevision(id, { scripts: SCRIPTS });
  if (health !== undefined) addHealth(machine, NEW, health);
  writeLinks(machine.pkg, { current: OLD, previous: FIRST });
  return machine;
}

/** A script that tells of each attempt, then does that. */
function addHealth(machine: TestMachine, id: RevisionId, then: string): void {
  const text = `#!/bin/sh\necho health $FTL_ATTEMPT $FTL_ACTION >> ${machine.path}/told\n${then}\n`;
  machine.write(`root/my_site/revs/${id}/health.sh`, text, 0o755);
}

function jumps({ context, pkg }: TestMachine): Jumps {
  return new Jumps(context, pkg, "sync");
}

function links({ pkg }: TestMachine): (RevisionId | undefined)[] {
  return [readLink(pkg, "current"), readLink(pkg, "previous")];
}

function steps({ told }: TestMachine): string[] {
  return told.map((line) => line.split(" ").slice(0, 2).join(" "));
}

Deno.test("a healthy revision is confirmed after its post-jump, and its quarantine ends", async () => {
  using machine = ready({ health: "exit 0" });
  const { pkg } = machine;
  addQuarantine(pkg, { id: NEW, blessing: "6", at: "", reason: "" });
  assertEquals(await jumps(machine).to(NEW, undefined, SYNC), { from: OLD, failures: [] });
  assertEquals(machine.told.at(-1), "health 1 sync");
  assertEquals(links(machine), [NEW, OLD]);
  assertEquals([readJournal(pkg), readQuarantines(pkg)], [undefined, []]);
});

Deno.test("health is asked for again until it succeeds", async () => {
  using machine = ready({
    health: `echo attempt $FTL_ATTEMPT; [ $FTL_ATTEMPT -ge 3 ]`,
    seconds: 60,
  });
  assertEquals(await jumps(machine).to(NEW, undefined, SYNC), { from: OLD, failures: [] });
  assertEquals(machine.told.slice(-3), ["health 1 sync", "health 2 sync", "health 3 sync"]);
  const shown = machine.events.flatMap((event) =>
    event.type === "script-output" ? [[event.line, event.repeated === true]] : []
  );
  assertEquals(shown, [["attempt 1", false], ["attempt 2", true], ["attempt 3", false]]);
});

Deno.test("a failed health leads back: the scripts of the way, the links as before, a quarantine", async () => {
  using machine = ready({ health: "exit 1" });
  const { pkg } = machine;
  const { from, wentBack, failures } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals([from, wentBack?.to], [OLD, OLD]);
  assertMatch(
    failures[0]?.message ?? "",
    /health failed: exit 1, after \d+ s and \d+ attempts?; my_site\./,
  );
  assertEquals([failures.length, failures[0]?.step, failures[0]?.exitCode], [1, "health", 6]);
  assertEquals(links(machine), [OLD, FIRST]);
  assertEquals(readJournal(pkg), undefined);
  const back = `${NEW_NAME} ${OLD_NAME} rollback`;
  assertEquals(machine.told.slice(-2), [
    `un-jump ${NEW_NAME} ${back}`,
    `post-jump ${OLD_NAME} ${back}`,
  ]);
  const [quarantine] = readQuarantines(pkg);
  assertEquals([quarantine?.id, quarantine?.blessing], [NEW, "7"]);
  assertMatch(quarantine?.reason ?? "", /^health failed: exit 1, after /);
  assertEquals(machine.events.some(({ type }) => type === "activated"), false);
  assertEquals(machine.events.filter(({ type }) => type === "rolled-back").length, 1);
});

Deno.test("exit 100 is certain: there is no second attempt", async () => {
  using machine = ready({ health: "exit 100", seconds: 3600 });
  const { wentBack } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals(wentBack?.to, OLD);
  assertEquals(machine.told.filter((line) => line.startsWith("health")), ["health 1 sync"]);
});

Deno.test("a health that cannot be started is certain, too", async () => {
  using machine = ready({ seconds: 3600 });
  machine.write(`root/my_site/revs/${NEW}/health.sh`, "#!/no/such/shell\n", 0o755);
  const { wentBack, failures } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals(wentBack?.to, OLD);
  assertMatch(failures[0]?.message ?? "", /health failed: cannot /);
});

Deno.test("an attempt that runs when the time is over is ended with all its children", async () => {
  using machine = ready({ health: `sleep 3600 & echo $! > ${"$FTL_SHARED"}/child; wait` });
  const { wentBack, failures } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals(wentBack?.to, OLD);
  assertMatch(failures[0]?.message ?? "", /took longer than FTL_HEALTH_TIMEOUT, 1 s/);
  const child = Deno.readTextFileSync(`${machine.pkg.shared}/child`).trim();
  let state = "gone";
  try {
    state = /^State:\s+(\S)/m.exec(Deno.readTextFileSync(`/proc/${child}/status`))?.[1] ?? "";
  } catch {
    // The process is gone.
  }
  assert(["gone", "Z"].includes(state), state);
});

Deno.test("a jump that stays keeps an unhealthy revision, and it is remembered until its health succeeds", async () => {
  using machine = ready({ health: "exit 1" });
  const { pkg } = machine;
  const { wentBack, failures } = await jumps(machine).to(NEW, undefined);
  assertEquals([wentBack, failures.length], [undefined, 1]);
  assertMatch(failures[0]?.message ?? "", /; it stays active$/);
  assertEquals(links(machine), [NEW, OLD]);
  assertMatch(readActiveFailures(pkg).health?.outcome ?? "", /^exit 1, after /);
  assertEquals([readJournal(pkg), readQuarantines(pkg)], [undefined, []]);

  await jumps(machine).to(OLD, undefined);
  addHealth(machine, NEW, "exit 0");
  await jumps(machine).to(NEW, undefined);
  assertEquals(readActiveFailures(pkg).health, undefined);
});

Deno.test("a first deployment falls back to what the blessed one replaced, or stays if there is nothing", async () => {
  using machine = ready({ health: "exit 100" });
  for (const name of ["current", "previous"]) Deno.removeSync(`${machine.pkg.path}/${name}`);
  const { from, wentBack } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals([from, wentBack?.to], [undefined, FIRST]);
  assertEquals(links(machine), [FIRST, undefined]);

  using lone = ready({ health: "exit 100" });
  for (const name of ["current", "previous"]) Deno.removeSync(`${lone.pkg.path}/${name}`);
  const health = { ...SYNC, fallback: anId("VZ5vQkzzzzz") };
  const stayed = await jumps(lone).to(NEW, undefined, health);
  assertEquals([stayed.wentBack, stayed.failures.length], [undefined, 1]);
  assertEquals(links(lone), [NEW, undefined]);
  assertEquals(readQuarantines(lone.pkg), []);
});

Deno.test("failing scripts do not keep the machine from its way back", async () => {
  using machine = ready({ health: "exit 100" });
  const { pkg } = machine;
  for (const [id, step] of [[NEW, "un-jump"], [OLD, "pre-jump"], [OLD, "post-jump"]] as const) {
    machine.write(`root/my_site/revs/${id}/${step}.sh`, "#!/bin/sh\nexit 1\n", 0o755);
  }
  const { wentBack, failures } = await jumps(machine).to(NEW, undefined, SYNC);
  assertEquals(wentBack?.to, OLD);
  assertEquals(failures.map(({ step }) => step), ["health", "un-jump", "post-jump"]);
  assertEquals(links(machine), [OLD, FIRST]);
  assertEquals(readActiveFailures(pkg).postJump?.outcome, "exit 1");
});

Deno.test("a rollback leaves the hold that was there before", async () => {
  using machine = ready({ health: "exit 100" });
  const { pkg } = machine;
  const hold = { id: OLD, blessed: NEW, version: "1", blessing: "7", rollout: undefined };
  writeHolds(pkg, [hold]);
  await jumps(machine).to(NEW, { ...hold, id: NEW }, { onBadHealth: "go-back" });
  assertEquals([readHold(pkg, OLD), readHold(pkg, NEW)], [hold, undefined]);
  assertEquals(readQuarantines(pkg), [], "a person decides");
});

/** What a kill in the middle of a jump by a sync leaves. */
const KILLED: JumpUnderWay = {
  ...SYNC,
  from: OLD,
  to: NEW,
  action: "sync",
  phase: "health",
  previous: FIRST,
};

for (
  const [phase, told] of [
    ["jump", ["post-jump", "health"]],
    ["health", ["health"]],
  ] as const
) {
  Deno.test(`a jump that was killed in the phase ${phase} asks for the health again`, async () => {
    using machine = ready({ health: "exit 0" });
    writeLinks(machine.pkg, { current: NEW, previous: OLD });
    writeJournal(machine.pkg, { ...KILLED, phase });
    assertEquals((await jumps(machine).finish()).failures, []);
    assertEquals(steps(machine).map((line) => line.split(" ")[0]), [...told]);
    assertEquals([links(machine), readJournal(machine.pkg)], [[NEW, OLD], undefined]);

    using bad = ready({ health: "exit 100" });
    writeLinks(bad.pkg, { current: NEW, previous: OLD });
    writeJournal(bad.pkg, { ...KILLED, phase });
    assertEquals((await jumps(bad).finish()).failures.map(({ step }) => step), ["health"]);
    assertEquals(links(bad), [OLD, FIRST]);
    assertEquals(readQuarantines(bad.pkg).map(({ id }) => id), [NEW]);
  });
}

for (const switched of [false, true]) {
  const when = switched ? "after" : "before";
  Deno.test(`a rollback that was killed ${when} its switch begins again`, async () => {
    using machine = ready({ health: "exit 0" });
    const { pkg } = machine;
    if (!switched) writeLinks(pkg, { current: NEW, previous: OLD });
    writeJournal(pkg, { ...KILLED, phase: "rollback", target: OLD, reason: "exit 1" });
    assertEquals((await jumps(machine).finish()).failures.map(({ step }) => step), ["health"]);
    assertEquals(steps(machine), [`un-jump ${NEW_NAME}`, `post-jump ${OLD_NAME}`]);
    assertEquals([links(machine), readJournal(pkg)], [[OLD, FIRST], undefined]);
    assertEquals(readQuarantines(pkg).map(({ id }) => id), [NEW]);
  });
}

Deno.test("an interrupted wait for the health leaves it to the next command", async () => {
  using machine = ready({ health: "sleep 3600", seconds: 3600 });
  const { pkg } = machine;
  const stop = new AbortController();
  const context = { ...machine.context, signal: stop.signal };
  context.report = (event) => {
    if (event.type === "script" && event.step === "health") {
      stop.abort(new InterruptedError("SIGTERM"));
    }
  };
  await assertRejects(
    () => new Jumps(context, pkg, "sync").to(NEW, undefined, SYNC),
    InterruptedError,
  );
  assertEquals([readJournal(pkg)?.phase, readLink(pkg, "current")], ["health", NEW]);
  addHealth(machine, NEW, "exit 0");
  assertEquals((await jumps(machine).finish()).failures, []);
  assertEquals([readJournal(pkg), links(machine)], [undefined, [NEW, OLD]]);
});
