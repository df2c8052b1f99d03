/**
 * Power that fails while a revision comes by a delta, after any write. The machine's root is an image, as in
 * `power_cut.ts`. A cut leaves on the disk what was flushed; and in another world also all names, sizes and times of
 * which the kernel had written the journal, but none of their contents.
 *
 * What comes up must have whole revisions only. The next sync must bring what is blessed; and the one after that, by
 * the records that survived, must not take for unchanged what the disk has lost.
 */
import { jumpMaster, sync } from "../../mod.ts";
import type { FetchedEvent } from "../../src/events.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Mount, run } from "./mounts.ts";
import { Random } from "../random.ts";
import { ageRecords } from "./records.ts";
import { type Archive, makeSite } from "./site.ts";

/** Where the unchanged files come from: a spare, or copies of the base's. */
type Way = "spare" | "copy";

const WAYS: Readonly<Record<Way, Readonly<Record<string, string>>>> = {
  spare: { FTL_KEEP: "0", FTL_DELTA: "always" },
  copy: { FTL_KEEP: "0", FTL_SPARE: "0", FTL_DELTA: "always" },
};

/** What of the unflushed is on the disk: nothing, or the journal of a file system that orders nothing. */
const WORLDS = ["flushed", "journal"] as const;

const FILES = 40;
/** Released after a cut: the first may be made of copies of what was cut, the second of a spare, too. */
const LATER = [5, 6];
/** Seconds until the kernel writes by itself: longer than any of this takes. */
const COMMIT = 600;
const MOUNT = `loop,commit=${COMMIT},data=writeback`;

export interface DeltaCutOptions {
  readonly seed: number;
  /** A cut after each write, or only after one in so many. */
  readonly every: number;
}

/** Throws an Error that names the cut. */
export async function cutPowerOfDeltas({ seed, every }: DeltaCutOptions): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const way of ["spare", "copy"] as const) {
    await using bench = await DeltaCuts.prepare(way, seed);
    const random = new Random(seed);
    let cuts = 0;
    for (let write = 1 + random.below(every); await bench.cutAfter(write); write += every) cuts++;
    figures[`cuts of a sync by ${way}`] = cuts;
    for (const [how, count] of bench.ways) {
      const name = `revisions that came by ${how} later`;
      figures[name] = (figures[name] ?? 0) + count;
    }
  }
  return figures;
}

/** A new file, as the kernel may still use the one that was there. */
function copy(from: string, to: string): void {
  run("cp", "--sparse=always", "--remove-destination", from, to);
}

/** A machine whose disk is put back for each cut. */
class DeltaCuts implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #way: Way;
  readonly #seed: number;
  readonly #inspector: Inspector;
  /** Holds the images: a disk would be waited for. */
  readonly #memory: Mount;
  /** By which ways the revisions came after the cuts. */
  readonly ways = new Map<string, number>();
  /** The names of all revisions, oldest first: what is cut is the sync to the last. */
  #names: string[] = [];

  private constructor(lab: Lab, { way, seed }: { way: Way; seed: number }) {
    this.#lab = lab;
    this.#seed = seed;
    this.#way = way;
    this.#memory = Mount.tmpfs(lab.fleet.folder.folder("images"), "size=128m");
    this.#inspector = new Inspector(lab);
  }

  static async prepare(way: Way, seed: number): Promise<DeltaCuts> {
    const cuts = new DeltaCuts(await Lab.start([]), { way, seed });
    await cuts.#prepare();
    return cuts;
  }

  get #image(): string {
    return `${this.#memory.path}/image`;
  }

  async #prepare(): Promise<void> {
    const { root } = this.#lab;
    run("truncate", "--size", "24M", this.#image);
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", this.#image);
    {
      using _mount = Mount.image(this.#image, root, MOUNT);
      Deno.mkdirSync(`${root}/${PACKAGE}`);
      for (const change of [1, 2, 3]) {
        await this.#release(makeSite(PACKAGE, this.#seed, { files: FILES, change }));
        await this.#sync();
      }
      ageRecords(`${this.#lab.root}/${PACKAGE}/.ftl`);
      run("sync", "-f", root);
    }
    await this.#release(makeSite(PACKAGE, this.#seed, { files: FILES, change: 4 }));
    await this.#inspector.lookAtBucket();
  }

  async #release(archive: Archive): Promise<string> {
    const { revision } = await this.#lab.spool(archive);
    await jumpMaster(this.#lab.context(), revision);
    this.#names.push(revision);
    return revision;
  }

  /** Returns false if the sync has ended before it wrote so often. */
  async cutAfter(write: number): Promise<boolean> {
    const killed = await this.#killAfter(write);
    if (killed === undefined) return false;
    for (const world of WORLDS) {
      try {
        await this.#lookAfter(`${this.#image}.${world}`);
      } catch (error) {
        const where = `a cut of a sync by ${this.#way}, after write ${write}, ${killed}, ${world}`;
        throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
      }
    }
    return true;
  }

  /** Makes an image for each world. Returns at what it was killed. */
  async #killAfter(write: number): Promise<string | undefined> {
    const { root } = this.#lab;
    const image = `${this.#image}.work`;
    copy(this.#image, image);
    using _mount = Mount.image(image, root, MOUNT);
    const child = this.#lab.launch(["sync"], { killWrite: write, env: WAYS[this.#way] });
    const { signal, code, stderr } = await child.output();
    const said = new TextDecoder().decode(stderr);
    if (signal !== "SIGKILL") {
      if (code !== 0) throw new Error(`not killed after write ${write}: exit ${code}: ${said}`);
      return undefined;
    }
    copy(image, `${this.#image}.flushed`);
    // The flush of a new folder takes the journal along, and so all names, but no contents.
    Deno.mkdirSync(`${root}/another`);
    run("sync", `${root}/another`);
    copy(image, `${this.#image}.journal`);
    return /killed at .*/.exec(said)?.[0];
  }

  async #lookAfter(image: string): Promise<void> {
    const [old, next = ""] = this.#names.slice(-2);
    using _mount = Mount.image(image, this.#lab.root);
    this.#inspector.lookAtMachine();
    const current = this.#lab.linked("current");
    if (current !== old && current !== next) throw new Error(`${current} is active`);
    await this.#requireSynced(next);
    for (const change of LATER) {
      const archive = makeSite(PACKAGE, this.#seed, { files: FILES, change });
      const later = await this.#release(archive);
      await this.#inspector.lookAtBucket();
      await this.#requireSynced(later);
    }
    await this.#forgetLater(next);
  }

  /** For the next cut, they were never there. */
  async #forgetLater(next: string): Promise<void> {
    await jumpMaster(this.#lab.context(), next);
    for (const name of this.#names.splice(-LATER.length)) {
      for (const { key } of await this.#lab.bucket.list(`${name}.`)) {
        await this.#lab.bucket.remove(key);
      }
    }
  }

  async #requireSynced(wanted: string): Promise<void> {
    // Nobody but FTL has written here, so no record is too young to be believed.
    ageRecords(`${this.#lab.root}/${PACKAGE}/.ftl`);
    await this.#sync();
    const current = this.#lab.linked("current");
    if (current !== wanted) throw new Error(`${current} is active after the next sync`);
    this.#inspector.lookAtMachine();
    const left = this.#lab.machine.names(`${PACKAGE}/.ftl/staging`);
    if (left.length > 0) throw new Error(`left in staging: ${left}`);
  }

  async #sync(): Promise<void> {
    const context = this.#lab.context({ env: WAYS[this.#way] });
    const tell = ({ how }: FetchedEvent): void => {
      this.ways.set(how, (this.ways.get(how) ?? 0) + 1);
    };
    const [result] = await sync({
      ...context,
      report: (event) => void (event.type === "fetched" && tell(event)),
    });
    if (result?.failures[0] !== undefined) throw result.failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#memory[Symbol.dispose]();
    await this.#lab[Symbol.asyncDispose]();
  }
}
