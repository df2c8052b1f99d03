/** A rollback that scripts or kills disturb. */
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { NotFoundError } from "../../../src/errors.ts";
import { readJournal, writeJournal } from "../../../src/machine/jump/journal.ts";
import { Jumps } from "../../../src/machine/jump/jump.ts";
import { readActiveFailures } from "../../../src/machine/jump/outcomes.ts";
import { readQuarantines } from "../../../src/machine/jump/quarantine.ts";
import { readLink, writeLinks } from "../../../src/machine/links.ts";
import { anId } from "../../names.ts";
import { Mount } from "../../proof/mounts.ts";
import { MOUNTING, testWith } from "../../required_program.ts";
import { TestMachine } from "../machine.ts";

const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

/** The old revision is active; the health of the new one fails for certain. */
function ready(): TestMachine {
  const machine = new TestMachine();
  for (const id of [OLD, NEW]) machine.addRevision(id, { scripts: ["un-jump", "post-jump"] });
  machine.write(`root/my_site/revs/${NEW}/health.sh`, "#!/bin/sh\nexit 100\n", 0o755);
  writeLinks(machine.pkg, { current: OLD });
  return machine;
}

Deno.test("a script that takes the way back away leaves the new revision active, and started again", async () => {
  using machine = ready();
  const { context, pkg } = machine;
  const text = `#!/bin/sh\nrm -r ${pkg.revisionPath(OLD)}\n`;
  machine.write(`root/my_site/revs/${NEW}/un-jump.sh`, text, 0o755);
  const jumps = new Jumps(context, pkg, "sync");
  const health = { onBadHealth: "go-back", blessing: "7" } as const;
  await assertRejects(() => jumps.to(NEW, undefined, health), NotFoundError);
  assertEquals([readLink(pkg, "current"), readJournal(pkg)?.phase], [NEW, "rollback"]);

  const told = machine.told.length;
  const { wentBack, failures } = await jumps.finish();
  assertEquals([wentBack, failures.map(({ step }) => step)], [undefined, ["health"]]);
  assertEquals(machine.told.slice(told).map((line) => line.split(" ")[0]), ["post-jump"]);
  assertEquals([readLink(pkg, "current"), readJournal(pkg)], [NEW, undefined]);
  assertMatch(readActiveFailures(pkg).health?.outcome ?? "", /^exit 100/);
});

Deno.test("a rollback tells where the output of the health is, also after a kill", async () => {
  using machine = ready();
  const { context, pkg } = machine;
  const jumps = new Jumps(context, pkg, "sync");
  const { failures } = await jumps.to(NEW, undefined, { onBadHealth: "go-back" });
  assertMatch(failures[0]?.hint ?? "", /^What it printed is in \S+-health\.log$/);

  const jump = { from: OLD, to: NEW, action: "sync", onBadHealth: "go-back" } as const;
  writeJournal(pkg, { ...jump, phase: "rollback", target: OLD, reason: "exit 1", log: "/x.log" });
  const { wentBack, failures: again } = await jumps.finish();
  assertEquals(wentBack, { from: NEW, to: OLD });
  assertEquals(again[0]?.hint, "What it printed is in /x.log");
});

testWith(
  MOUNTING,
  "a revision that fills the disk does not keep the machine from its way back",
  async () => {
    using machine = new TestMachine();
    const { context, pkg } = machine;
    using _disk = Mount.tmpfs(pkg.path, "size=2M");
    pkg.prepare();
    for (const id of [OLD, NEW]) machine.addRevision(id, { scripts: ["post-jump"] });
    const fill = `dd if=/dev/zero of="$FTL_SHARED/fill" bs=4k 2> /dev/null`;
    machine.write(`root/my_site/revs/${NEW}/post-jump.sh`, `#!/bin/sh\n${fill}\nexit 0\n`, 0o755);
    machine.write(`root/my_site/revs/${NEW}/health.sh`, "#!/bin/sh\nexit 100\n", 0o755);
    writeLinks(pkg, { current: OLD });
    const jumps = new Jumps(context, pkg, "sync");
    const health = { onBadHealth: "go-back", blessing: "7" } as const;
    const { wentBack, failures } = await jumps.to(NEW, undefined, health);
    assertEquals([wentBack?.to, failures.map(({ step }) => step)], [OLD, ["health"]]);
    assertEquals([readLink(pkg, "current"), readJournal(pkg)], [OLD, undefined]);
    assertMatch(machine.told.at(-1) ?? "", /^post-jump my_site\.VZ5vQk8aR4G .* rollback$/);
    assertEquals(readQuarantines(pkg).map(({ id }) => id), [NEW]);
  },
);

testWith(
  MOUNTING,
  "a quarantine that cannot be stored is told, and the way back ends all the same",
  async () => {
    using machine = ready();
    const { context, events, pkg } = machine;
    // The system lets nobody replace or remove a file that something is mounted on.
    const file = machine.write("root/my_site/.ftl/bad.json", "[]\n");
    using _mount = Mount.bind(machine.write("other", "[]\n"), file);
    const jumps = new Jumps(context, pkg, "sync");
    const health = { onBadHealth: "go-back", blessing: "7" } as const;
    const { wentBack, failures } = await jumps.to(NEW, undefined, health);
    assertEquals([wentBack?.to, failures.map(({ step }) => step)], [OLD, ["health"]]);
    assertEquals([readLink(pkg, "current"), readJournal(pkg)], [OLD, undefined]);
    const warnings = events.flatMap((event) => event.type === "warning" ? [event.message] : []);
    assertEquals(warnings, [
      `Cannot put my_site.${NEW} into quarantine: a later sync tries it again`,
    ]);
  },
);
