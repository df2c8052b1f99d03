/** Disks that fill at random moments, by bytes, inodes or a quota, and one that is read-only. */
import { statfsSync } from "node:fs";
import { jump, jumpMaster, sync } from "../../mod.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import type { Ran } from "../e2e/fleet.ts";
import { aPackage } from "../names.ts";
import { FolderSpools } from "./folder_spools.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Mount, Quota } from "./mounts.ts";
import { Random } from "../random.ts";
import { requireRecovery } from "./recovery.ts";
import { makeSite } from "./site.ts";
import { shownEnv, SmallChanges } from "./small_changes.ts";

const FILES = 60;
/** What one more revision takes, and the files beside it. */
const NEED = { bytes: 500 * 1024, inodes: 120, quota: 500 * 1024 };
const DISK = { bytes: 12 * 1024 * 1024, inodes: 1500 };

export interface FullDiskOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly of: "bytes" | "inodes" | "quota";
}

/** A disk at the root of a machine, of which something can run out. */
interface ScarceDisk extends Disposable {
  /** Takes all room but so much. */
  leave(room: number): void;
  /** Gives it back. */
  lift(): void;
}

/** By a file, or by many, in its own folder of a file system in memory. */
class FilledDisk implements ScarceDisk {
  readonly #mount: Mount;

  constructor(readonly root: string, readonly of: "bytes" | "inodes") {
    this.#mount = Mount.tmpfs(root, `size=${DISK.bytes},nr_inodes=${DISK.inodes}`);
  }

  leave(room: number): void {
    const filler = `${this.root}/filler`;
    Deno.mkdirSync(filler);
    const { bavail, bsize, ffree } = statfsSync(this.root);
    if (this.of === "inodes") {
      for (let n = ffree - room; n > 0; n--) Deno.writeTextFileSync(`${filler}/${n}`, "");
      return;
    }
    Deno.writeFileSync(`${filler}/file`, new Uint8Array(Math.max(0, bavail * bsize - room)));
  }

  lift(): void {
    Deno.removeSync(`${this.root}/filler`, { recursive: true });
  }

  [Symbol.dispose](): void {
    this.#mount[Symbol.dispose]();
  }
}

/** Each round leaves a random rest of room, and runs a command: it works, or says that the disk is full. */
export async function fillDisk({ seed, rounds, of }: FullDiskOptions): Promise<Figures> {
  await using lab = await Lab.start([]);
  using disk = of === "quota" ? new Quota(lab.root) : new FilledDisk(lab.root, of);
  Deno.mkdirSync(`${lab.root}/${PACKAGE}`);
  const inspector = new Inspector(lab);
  const random = new Random(seed);
  const folders = new FolderSpools(lab);
  const changes = new SmallChanges(lab, { random, seed, folders, files: FILES });
  let full = 0;
  let sparesGivenUp = 0;
  for (let round = 1; round <= rounds; round++) {
    const env = changes.chooseEnv();
    const args = random.next() < 0.5
      ? await arrange(lab, random)
      : await changes.argumentsFor("sync of a change");
    await inspector.look();
    const hadSpare = hasSpare(lab);
    disk.leave(random.below(NEED[of]));
    const { code, stderr } = await lab.run(args, { env });
    const where = `seed ${seed}, round ${round}, ${of}, ${shownEnv(env)} ftl ${args.join(" ")}`;
    if (hadSpare && !hasSpare(lab)) sparesGivenUp++;
    if (code !== 0) {
      full++;
      requireSaid(lab, { code, stderr, where, mayLackRoom: args[0] !== "purge" || of === "quota" });
    }
    try {
      await inspector.look();
      if (code === 0) changes.noteWay();
      disk.lift();
      await requireRecovery(lab);
      await inspector.look();
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    }
  }
  return {
    rounds,
    "ended by a full disk": full,
    "spares gone": sparesGivenUp,
    ...Object.fromEntries([...changes.ways].map(([how, count]) => [`came by ${how}`, count])),
  };
}

/** Full is said to be full. What makes room must not need any; but Btrfs wants some for whatever is renamed. */
function requireSaid(
  lab: Lab,
  { code, stderr, where, mayLackRoom }: Pick<Ran, "code" | "stderr"> & {
    readonly where: string;
    readonly mayLackRoom: boolean;
  },
): void {
  const said = code === 7 && /disk is full|No room|inodes|quota is used up/.test(stderr) &&
    !/^ +at /m.test(stderr);
  if (!said || !mayLackRoom) throw new Error(`${where}: exit ${code}: ${stderr}`);
  if (/Cannot unpack|No room/.test(stderr) && hasSpare(lab)) {
    throw new Error(`${where}: a spare has room that a revision lacks: ${stderr}`);
  }
}

function hasSpare(lab: Lab): boolean {
  return readSpare(new PackageDir(lab.root, aPackage(PACKAGE))) !== undefined;
}

async function arrange(lab: Lab, random: Random): Promise<string[]> {
  const site = makeSite(PACKAGE, random.below(2 ** 30), { files: FILES });
  const { revision } = await lab.spool(site);
  if (random.next() < 0.6) {
    await jumpMaster(lab.context(), revision);
    return ["sync"];
  }
  await sync(lab.context());
  const [active] = lab.machine.names(`${PACKAGE}/current`);
  if (active !== undefined && random.next() < 0.5) return ["purge", revision];
  if (random.next() < 0.3) await jump(lab.context(), revision);
  return ["jump", revision];
}

/** On a read-only disk everything that changes says so, and what reads works. */
export async function readOnlyDisk(): Promise<Figures> {
  await using lab = await Lab.start([]);
  using mount = Mount.tmpfs(lab.root, "size=16m");
  Deno.mkdirSync(`${lab.root}/${PACKAGE}`);
  const inspector = new Inspector(lab);
  const names: string[] = [];
  for (const seed of [1, 2, 3]) {
    names.push((await lab.spool(makeSite(PACKAGE, seed, { files: FILES }))).revision);
  }
  const [first = "", second = "", third = ""] = names;
  await jumpMaster(lab.context(), second);
  await sync(lab.context());
  await inspector.look();
  await jumpMaster(lab.context(), third);
  mount.remount("ro");
  const changing = [["sync"], ["jump", third], ["jump-back", PACKAGE], ["purge", third]];
  for (const args of changing) {
    const { code, stderr } = await lab.run(args);
    if (code !== 7 || !stderr.includes("read-only")) {
      throw new Error(`ftl ${args.join(" ")}: exit ${code}: ${stderr}`);
    }
  }
  for (const args of [["list"], ["list", PACKAGE], ["status"], ["sync", "--dry-run"]]) {
    const { code, stderr } = await lab.run(args);
    if (code !== 0) throw new Error(`ftl ${args.join(" ")}: exit ${code}: ${stderr}`);
  }
  await inspector.look();
  mount.remount("rw");
  await requireRecovery(lab);
  await inspector.look();
  return { "commands refused": changing.length, "revisions kept": first === "" ? 0 : 3 };
}
