/** Small changes of one site, which come by deltas: as archives, and as folders that are spooled. */
import { jumpMaster, sync } from "../../mod.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readRevisionState } from "../../src/machine/state.ts";
import { aPackage } from "../names.ts";
import type { FolderSpools } from "./folder_spools.ts";
import { PACKAGE } from "./invariants.ts";
import type { Lab } from "./lab.ts";
import type { Random } from "../random.ts";
import { ageRecords } from "./records.ts";
import { type Archive, makeSite } from "./site.ts";

/** What is killed. A sync is the likeliest, as it does most. */
export const CHANGES = [
  "spool of a change",
  "spool of a folder",
  "sync of a change",
  "sync of a change",
  "sync of a change",
  "sync of a folder",
] as const;

export class SmallChanges {
  readonly #lab: Lab;
  readonly #random: Random;
  readonly #seed: number;
  readonly #files: number;
  #change = 0;
  readonly #folders: FolderSpools;
  /** Ids of revisions that were active. */
  readonly #seen = new Set<string>();
  /** By which ways revisions came that were active after a round. */
  readonly ways = new Map<string, number>();

  constructor(
    lab: Lab,
    { random, seed, folders, files = 120 }: {
      readonly random: Random;
      readonly seed: number;
      readonly folders: FolderSpools;
      /** How many the site has. */
      readonly files?: number;
    },
  ) {
    this.#files = files;
    this.#lab = lab;
    this.#random = random;
    this.#folders = folders;
    this.#seed = seed;
  }

  /** The variables of the command that is killed. */
  chooseEnv(): Record<string, string> {
    return {
      FTL_DELTA: this.#random.pick(["auto", "auto", "always", "always", "off"]),
      FTL_SPARE: this.#random.pick(["1", "1", "0"]),
      FTL_VERIFY: this.#random.pick(["stat", "stat", "full"]),
    };
  }

  /** The machine has a change, and often a spare; the next one is spooled, by the command or for it. */
  async argumentsFor(command: typeof CHANGES[number]): Promise<string[]> {
    const context = this.#lab.context();
    const spoolsFolder = command.endsWith("a folder");
    const before = spoolsFolder ? await this.#folders.spool(this.#next()) : await this.#spool();
    await jumpMaster(context, before);
    await sync(context);
    if (this.#random.next() < 0.7) ageRecords(`${this.#lab.root}/${PACKAGE}/.ftl`);
    if (command === "spool of a folder") return this.#folders.argumentsFor(this.#next());
    if (command === "spool of a change") return ["spool", this.#lab.file(this.#next())];
    const next = spoolsFolder ? await this.#folders.spool(this.#next()) : await this.#spool();
    await jumpMaster(context, next);
    return ["sync"];
  }

  /** Notes by which way the active revision came. */
  noteWay(): void {
    const pkg = new PackageDir(this.#lab.root, aPackage(PACKAGE));
    const id = this.#lab.machine.link(`${PACKAGE}/current`)?.replace("revs/", "");
    const how = pkg.revisions().filter((one) => one === id)
      .map((one) => readRevisionState(pkg, one)?.how)[0];
    if (id === undefined || how === undefined || this.#seen.has(id)) return;
    this.#seen.add(id);
    this.ways.set(how, (this.ways.get(how) ?? 0) + 1);
  }

  #next(): Archive {
    return makeSite(PACKAGE, this.#seed, { files: this.#files, change: ++this.#change });
  }

  async #spool(): Promise<string> {
    return (await this.#lab.spool(this.#next())).revision;
  }
}

/** As a shell takes it. */
export function shownEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env).map((pair) => pair.join("=")).join(" ");
}
