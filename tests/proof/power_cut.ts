/**
 * Power that fails: the machine's root is an ext4 file system on an image, by a loop device. What the kernel
 * has not yet written is not in the image, so a copy of it, taken when the command has been killed at a named
 * step, is what a disk holds after a power cut there. The copy is mounted (its journal replayed) and looked at.
 */
import { jumpMaster, sync } from "../../mod.ts";
import { idOf, Machine } from "../e2e/fleet.ts";
import type { FaultPoint } from "../../src/fault_point.ts";
import { readJournal } from "../../src/machine/jump/journal.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { requirePackageName } from "../../src/revision/names.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Mount, run } from "./mounts.ts";
import { requireDecided } from "./recovery.ts";
import { makeSite } from "./site.ts";

interface Cut {
  readonly at: FaultPoint;
  /** Which revision must be active afterwards. */
  readonly active: "old" | "new" | "either";
  /** Whether the journal must have survived: a script is due. */
  readonly journal?: boolean;
  /** Whether the health of the new one fails. Then the old one is active in the end. */
  readonly bad?: boolean;
}

/** The steps of a sync that fetches and activates. */
const CUTS: readonly Cut[] = [
  { at: "staged", active: "old" },
  { at: "flushed", active: "old" },
  { at: "published", active: "old" },
  { at: "state-written", active: "old" },
  { at: "journal-written", active: "old", journal: true },
  { at: "previous-linked", active: "old", journal: true },
  { at: "current-linked", active: "either", journal: true },
  { at: "post-jumped", active: "new", journal: true },
  { at: "health-started", active: "new", journal: true },
  { at: "rollback-journaled", active: "new", journal: true, bad: true },
  { at: "rollback-linked", active: "old", journal: true, bad: true },
  { at: "quarantined", active: "old", journal: true, bad: true },
];

/** Seconds until the kernel writes by itself: longer than any of this takes. */
const COMMIT = 600;

export async function cutPower(): Promise<Figures> {
  let cuts = 0;
  for (const cut of CUTS) {
    try {
      await cutAt(cut);
    } catch (error) {
      throw new Error(`power cut at ${cut.at}: ${(error as Error).message}`, { cause: error });
    }
    cuts++;
  }
  return { "power cuts": cuts, "revisions lost": 0 };
}

async function cutAt(cut: Cut): Promise<void> {
  const { at, bad = false } = cut;
  await using lab = await Lab.start([]);
  // A disk would be waited for.
  using memory = Mount.tmpfs(lab.fleet.folder.folder("images"), "size=128m");
  const image = `${memory.path}/image`;
  run("truncate", "--size", "48M", image);
  run("mkfs.ext4", "-q", "-F", image);
  const inspector = new Inspector(lab);
  let old = "";
  {
    using _mount = Mount.image(image, lab.root, `loop,commit=${COMMIT}`);
    Deno.mkdirSync(`${lab.root}/${PACKAGE}`);
    old = (await lab.spool(makeSite(PACKAGE, 1))).revision;
    await jumpMaster(lab.context(), old);
    await sync(lab.context());
    run("sync", "-f", lab.root);
    const next = (await lab.spool(makeSite(PACKAGE, 2, { bad }))).revision;
    await jumpMaster(lab.context(), next);
    await inspector.look();
    const { signal } = await lab.launch(["sync"], { killAt: at }).output();
    if (signal !== "SIGKILL") throw new Error("not killed there");
    run("cp", "--sparse=always", image, `${image}.cut`);
    await lookAfterCut(lab, inspector, { image: `${image}.cut`, old, next, cut });
  }
}

async function lookAfterCut(
  lab: Lab,
  inspector: Inspector,
  { image, old, next, cut: { active, journal = false, bad = false } }: {
    image: string;
    old: string;
    next: string;
    cut: Cut;
  },
): Promise<void> {
  const path = lab.fleet.folder.folder("after-the-cut");
  using _mount = Mount.image(image, path);
  const machine = new Machine(lab.fleet, path, []);
  inspector.lookAtMachine(machine);
  const current = machine.link(`${PACKAGE}/current`);
  const due = { old: [old], new: [next], either: [old, next] }[active];
  if (!due.some((name) => current === `revs/${idOf(name)}`)) {
    throw new Error(`${current} is active instead of ${due}`);
  }
  const isJournaled = readJournal(new PackageDir(path, requirePackageName(PACKAGE))) !== undefined;
  if (isJournaled !== journal) {
    throw new Error(isJournaled ? "a journal is there" : "the journal is lost");
  }
  if (bad) await requireDecided(lab, { bad: next, previous: undefined, root: path });
  else await requireNext(lab, { path, next });
  inspector.lookAtMachine(machine);
}

async function requireNext(
  lab: Lab,
  { path, next }: { path: string; next: string },
): Promise<void> {
  const [result] = await sync(lab.context({ root: path }));
  const [failure] = result?.failures ?? [];
  if (failure !== undefined) throw failure;
  if (result?.active !== next) throw new Error(`${result?.active} is active after the next sync`);
}
