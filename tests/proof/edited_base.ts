/**
 * Hooks and programs that write into revisions: between two syncs, files of the active revision, of the one before and
 * of the spare are edited, some so that size and mtime stay. The next revision, which is made of them by a delta, must
 * be what was spooled all the same.
 */
import { jumpMaster, sync } from "../../mod.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readSpare } from "../../src/machine/delta/spare.ts";
import { aPackage } from "../names.ts";
import { firstOf, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Random } from "../random.ts";
import { ageRecords } from "./records.ts";
import { linesOf, makeSite } from "./site.ts";
import { shownEnv } from "./small_changes.ts";

type Edit = (path: string, random: Random) => void;

/** What is done to a file. */
const EDITS: Readonly<Record<string, Edit>> = {
  "other bytes, with size and mtime put back": (path, random) => {
    const { size, mtime } = Deno.statSync(path);
    Deno.writeFileSync(path, random.bytes(size));
    Deno.utimeSync(path, mtime ?? 0, mtime ?? 0);
  },
  "another size": (path) => Deno.writeTextFileSync(path, "edited"),
  "more at its end": (path) => Deno.writeTextFileSync(path, "more", { append: true }),
  "another mode": (path) => Deno.chmodSync(path, 0o4711),
  "another mtime": (path, random) => Deno.utimeSync(path, random.below(1e9), random.below(1e9)),
  "gone": (path) => Deno.removeSync(path),
  "a link in its place": (path) => {
    Deno.removeSync(path);
    Deno.symlinkSync("/etc/hostname", path);
  },
  "a folder in its place": (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  "another name for it": (path) => Deno.linkSync(path, `${path}-linked`),
  "a file beside it": (path) => Deno.writeTextFileSync(`${path}-made`, "made"),
  "a new file by its name": (path) => {
    Deno.writeFileSync(`${path}-new`, Deno.readFileSync(path));
    Deno.renameSync(`${path}-new`, path);
  },
};

/** Throws an Error that names seed, round and edits. */
export async function editBases(
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): Promise<Figures> {
  const figures: Record<string, number> = { rounds, edits: 0 };
  for (const isLater of [true, false]) {
    await using lab = await Lab.start([PACKAGE]);
    const editor = new Editor(lab, { random: new Random(seed), isLater });
    for (let round = 1; round <= Math.ceil(rounds / 2); round++) {
      try {
        const how = await editor.round(seed, round);
        figures[`came by ${how}`] = (figures[`came by ${how}`] ?? 0) + 1;
      } catch (error) {
        const where = `seed ${seed}, round ${round}, ${isLater ? "later" : "at once"}`;
        throw new Error(`${where}, ${editor.last}: ${(error as Error).message}`, { cause: error });
      }
    }
    figures["edits"] = (figures["edits"] ?? 0) + editor.edits;
  }
  return figures;
}

class Editor {
  readonly #lab: Lab;
  readonly #pkg: PackageDir;
  readonly #random: Random;
  /** Edits in the very second in which a record ends must be found by reading, later ones by the record. */
  readonly #isLater: boolean;
  edits = 0;
  last = "";

  constructor(lab: Lab, { random, isLater }: { random: Random; isLater: boolean }) {
    this.#lab = lab;
    this.#pkg = new PackageDir(lab.root, aPackage(PACKAGE));
    this.#random = random;
    this.#isLater = isLater;
  }

  /** Returns how the revision came. */
  async round(seed: number, change: number): Promise<string> {
    const random = this.#random;
    if (this.#isLater) {
      ageRecords(this.#pkg.own);
      await untilNextSecond();
    }
    const env = {
      FTL_KEEP: "0",
      FTL_DELTA: random.pick(["auto", "always"]),
      FTL_SPARE: random.pick(["1", "1", "1", "0"]),
      FTL_VERIFY: random.pick(["stat", "stat", "full"]),
    };
    const done = this.#edit();
    this.edits += done.length;
    this.last = [shownEnv(env), ...done].join("; ");
    return await requireSame(this.#lab, { change, seed, env });
  }

  #edit(): string[] {
    const spare = readSpare(this.#pkg)?.path;
    const revisions = this.#pkg.revisions().map((id) => this.#pkg.revisionPath(id));
    return [...revisions, ...(spare === undefined ? [] : [spare])].flatMap((folder) => {
      const edits = Array.from({ length: this.#random.below(4) }, () => edit(folder, this.#random));
      return edits.filter((one) => one !== "nothing");
    });
  }
}

function edit(folder: string, random: Random): string {
  const name = `d${random.below(11)}/e${random.below(3)}`;
  let files: string[] = [];
  try {
    files = [...Deno.readDirSync(`${folder}/${name}`)].filter(({ isFile }) => isFile)
      .map((entry) => entry.name);
  } catch {
    // A small site has not all of these folders.
  }
  if (files.length === 0) return "nothing";
  const what = random.pick(Object.keys(EDITS));
  const file = random.pick(files.sort());
  EDITS[what]?.(`${folder}/${name}/${file}`, random);
  return `${name}/${file}: ${what}`;
}

/** Returns how it came. */
async function requireSame(
  lab: Lab,
  { change, seed, env }: {
    readonly change: number;
    readonly seed: number;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const archive = makeSite(PACKAGE, seed, { files: 60, change, scripts: false });
  const { revision } = await lab.spool(archive);
  await jumpMaster(lab.context(), revision);
  let how = "nothing";
  const [result] = await sync({
    ...lab.context({ env }),
    report: (event) => void (event.type === "fetched" && (how = event.how)),
  });
  if (result?.failures[0] !== undefined) throw result.failures[0];
  if (lab.linked("current") !== revision) throw new Error(`${lab.linked("current")} is active`);
  const lines = linesOf(`${lab.root}/${PACKAGE}/current`);
  if (lines !== archive.lines) {
    const what = firstOf(lines, archive.lines);
    throw new Error(`${revision}, which came by ${how}, is not what was spooled:\n${what}`);
  }
  return how;
}

/** The runtime tells ctimes in seconds. */
async function untilNextSecond(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 1020 - Date.now() % 1000);
  await promise;
}
