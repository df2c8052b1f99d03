/** Health that is disturbed: by its own script, by a disk, by a revision that goes, by its time. */
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import type { FtlEvent } from "../../../src/events.ts";
import { readJournal, writeJournal } from "../../../src/machine/jump/journal.ts";
import { Jumps } from "../../../src/machine/jump/jump.ts";
import { readQuarantines } from "../../../src/machine/jump/quarantine.ts";
import { readLink, writeLinks } from "../../../src/machine/links.ts";
import { writeRevisionState } from "../../../src/machine/state.ts";
import { anId } from "../../names.ts";
import { TestMachine } from "../machine.ts";

const [FIRST, OLD, NEW] = [anId("VZ5vQk7aR4G"), anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];
const SYNC = { onBadHealth: "go-back", fallback: FIRST, blessing: "7" } as const;

/** The old revision is active. The new one has these scripts: name, text. */
class Disturbed extends TestMachine {
  readonly jumps = new Jumps(this.context, this.pkg, "sync");

  constructor(scripts: Readonly<Record<string, string>>, { mode = 0o755, seconds = 3 } = {}) {
    super({ FTL_HEALTH_TIMEOUT: String(seconds) });
    for (const id of [FIRST, OLD, NEW]) this.addRevision(id, { scripts: ["un-jump"] });
    for (const [name, text] of Object.entries(scripts)) {
      this.write(`root/my_site/revs/${NEW}/${name}.sh`, `#!/bin/sh\n${text}\n`, mode);
    }
    writeLinks(this.pkg, { current: OLD });
  }

  get active(): string | undefined {
    return readLink(this.pkg, "current");
  }

  get quarantined(): string[] {
    return readQuarantines(this.pkg).map(({ id }) => id);
  }
}

for (
  const [what, text] of [
    ["the script", "rm health.sh; exit 1"],
    ["the whole revision", 'rm -r "$FTL_REVISION_DIR"; exit 1'],
  ] as const
) {
  Deno.test(`a health that takes ${what} away is not a healthy one`, async () => {
    using machine = new Disturbed({ health: text });
    const { wentBack, failures } = await machine.jumps.to(NEW, undefined, SYNC);
    assertEquals([wentBack?.to, machine.active, machine.quarantined], [OLD, OLD, [NEW]]);
    assertMatch(
      failures[0]?.message ?? "",
      /health failed: its script is not there any more, after \d s and 2 attempts;/,
    );
  });
}

Deno.test("a health that was taken away after a kill is not a healthy one", async () => {
  using machine = new Disturbed({});
  writeLinks(machine.pkg, { current: NEW, previous: OLD });
  const jump = { ...SYNC, from: OLD, to: NEW, action: "sync", phase: "health" } as const;
  writeJournal(machine.pkg, jump);
  assertEquals((await machine.jumps.finish()).wentBack?.to, OLD);
  assertEquals([machine.active, machine.quarantined], [OLD, [NEW]]);
});

Deno.test("a health.sh that is not executable runs all the same; one that is a folder never can", async () => {
  using machine = new Disturbed({ health: "[ $FTL_ATTEMPT -ge 2 ]" }, { mode: 0o644, seconds: 60 });
  assertEquals((await machine.jumps.to(NEW, undefined, SYNC)).failures, []);
  assertEquals(machine.active, NEW);

  using folder = new Disturbed({}, { seconds: 3600 });
  folder.folder(`root/my_site/revs/${NEW}/health.sh`);
  const { failures } = await folder.jumps.to(NEW, undefined, SYNC);
  assertMatch(failures[0]?.message ?? "", /health failed: cannot run health\.sh: it is a folder/);
  assertEquals(folder.active, OLD);
});

Deno.test("a health that leaves a daemon with its output behind is confirmed, and the daemon lives", async () => {
  const health = 'sleep 3600 & echo $! > "$FTL_SHARED/daemon"; exit 0';
  using machine = new Disturbed({ health }, { seconds: 3600 });
  assertEquals((await machine.jumps.to(NEW, undefined, SYNC)).failures, []);
  const daemon = Number(Deno.readTextFileSync(`${machine.pkg.shared}/daemon`));
  Deno.kill(daemon, "SIGKILL");
});

Deno.test("what FTL itself cannot do for a script does not keep the machine on a bad revision", async () => {
  // FTL follows no link in a package's folder, so from then on it can start no script.
  const link = 'rm -r "$FTL_SHARED"; ln -s /nowhere "$FTL_SHARED"';
  using machine = new Disturbed({ "post-jump": link, health: "exit 0" }, { seconds: 1 });
  machine.write(`root/my_site/revs/${OLD}/post-jump.sh`, "#!/bin/sh\n", 0o755);
  const { pkg, jumps } = machine;
  const { failures } = await jumps.to(NEW, undefined, SYNC);
  assertMatch(failures[0]?.message ?? "", /health failed: cannot run it: \S+shared is a link, /);
  assertEquals(failures.slice(1).map(({ step }) => step), ["un-jump", "post-jump"]);
  assertEquals([machine.active, machine.quarantined], [OLD, [NEW]]);
  assertEquals(readJournal(pkg), undefined);
});

Deno.test("a way back that is damaged or gone is none: what the blessed one replaced is the next", async () => {
  using damaged = new Disturbed({ health: "exit 100" });
  writeRevisionState(damaged.pkg, OLD, { postSync: "failed" });
  assertEquals((await damaged.jumps.to(NEW, undefined, SYNC)).wentBack?.to, FIRST);

  const gone = `rm -r "$FTL_REVISION_DIR/../${OLD}"`;
  using machine = new Disturbed({ "post-jump": gone, health: "exit 100" });
  assertEquals((await machine.jumps.to(NEW, undefined, SYNC)).wentBack?.to, FIRST);
  assertEquals([machine.active, machine.quarantined], [FIRST, [NEW]]);

  using lone = new Disturbed({ "post-jump": `${gone} ../${FIRST}`, health: "exit 100" });
  const { wentBack, failures } = await lone.jumps.to(NEW, undefined, SYNC);
  assertEquals([wentBack, failures.length], [undefined, 1]);
  assertEquals([lone.active, lone.quarantined, readJournal(lone.pkg)], [NEW, [], undefined]);
});

Deno.test("the time counts over all attempts: the last one gets only what is left", async () => {
  const health = "[ $FTL_ATTEMPT = 2 ] && exec sleep 3600; sleep 3; exit 1";
  using machine = new Disturbed({ health }, { seconds: 6 });
  const { failures: [failure] } = await machine.jumps.to(NEW, undefined, SYNC);
  assertMatch(failure?.message ?? "", /took longer than FTL_HEALTH_TIMEOUT, 6 s, .* 2 attempts/);
  const log = Deno.readTextFileSync(failure?.log ?? "");
  const seconds = Number(/, after ([\d.]+) s\n$/.exec(log)?.[1]);
  // Two of six were left. The machine may be busy.
  assert(seconds < 5, log);
});

Deno.test("a health that the system does not start at this moment is asked for again", async () => {
  using machine = new Disturbed({ health: "exit 0" });
  // As long as somebody writes a program, the system does not start it.
  const program = `${machine.pkg.revisionPath(NEW)}/program`;
  Deno.copyFileSync("/bin/true", program);
  machine.write(`root/my_site/revs/${NEW}/health.sh`, `#!${program}\n`, 0o755);
  const writing = Deno.openSync(program, { write: true });
  const { report } = machine.context;
  let attempts = 0;
  const context = {
    ...machine.context,
    report: (event: FtlEvent) => {
      if (
        event.type === "script" && event.step === "health" && !event.running && attempts++ === 0
      ) {
        writing.close();
      }
      report(event);
    },
  };
  const { wentBack } = await new Jumps(context, machine.pkg, "sync").to(NEW, undefined, SYNC);
  assertEquals([wentBack, machine.active, attempts], [undefined, NEW, 2]);
});
