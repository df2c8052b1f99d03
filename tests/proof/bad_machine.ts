/**
 * A machine on which something is in the way: leftovers that cannot be deleted, mounts in FTL's folders and in
 * a revision, files of FTL's own that are damaged, a log that cannot be written. Each round puts some of that
 * there and deploys: the blessed revision must become active all the same, and nothing that is not FTL's may
 * be touched. When all of it is taken away again, the next sync must leave nothing behind.
 */
import { existsSync } from "node:fs";
import { jumpMaster, spool, sync } from "../../mod.ts";
import { OWN_NAMES } from "../../src/machine/package_dir.ts";
import { existing } from "../commands/delta_site.ts";
import { idOf, type Ran } from "../e2e/fleet.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Mount, run } from "./mounts.ts";
import { Random } from "../random.ts";
import { requireRecovery } from "./recovery.ts";
import { makeSite } from "./site.ts";

export interface BadMachineOptions {
  readonly seed: number;
  readonly rounds: number;
}

/** Something in the way, until it is disposed of. */
interface Nuisance extends Disposable {
  readonly name: string;
}

/** Where a nuisance is put. */
interface Scene {
  readonly lab: Lab;
  /** The package's own folder, `.ftl`. */
  readonly own: string;
  /** A folder outside of the root; whatever leads there, it must stay as it is. */
  readonly outside: string;
  /** A revision that the next sync wants to remove, or undefined. */
  readonly old: string | undefined;
  readonly random: Random;
}

type Maker = (scene: Scene) => Nuisance | undefined;

/** By name, as the figures count them. */
const MAKERS: Readonly<Record<string, Maker>> = {
  "a mount in the trash": ({ own, outside }) => mounted(`${own}/trash/left/data`, outside),
  "a mount in staging": ({ own, outside }) => mounted(`${own}/staging/left/data`, outside),
  "a mount in a revision": ({ lab, old, outside }) =>
    old === undefined ? undefined : mounted(`${revision(lab, old)}/mounted`, outside),
  "an immutable file in the trash": ({ own }) => immutable(`${own}/trash/left`),
  "an immutable file in staging": ({ own }) => immutable(`${own}/staging/left`),
  "files of killed commands": ({ own, random }) => {
    for (const name of TEMPORARY) if (random.next() < 0.7) write(`${own}/${name}`, "half a li");
    return harmless();
  },
  "damaged state": ({ lab, own, random }) => {
    for (
      const path of [...STATES.map((name) => `${own}/${name}`), `${lab.root}/.ftl/report.json`]
    ) {
      if (random.next() < 0.5) damage(path, random);
    }
    return harmless();
  },
  "damaged records of revisions": ({ own, random }) => {
    for (const folder of [`${own}/state`, `${own}/spare`]) {
      for (const { name, isFile } of existing(folder)) {
        if (isFile && random.next() < 0.5) damage(`${folder}/${name}`, random);
      }
    }
    return harmless();
  },
  "a link in the trash": ({ own, outside }) => {
    write(`${own}/trash/left/file`, "text");
    Deno.symlinkSync(outside, `${own}/trash/left/link`);
    return harmless();
  },
};

/** All that `docs/formats.md` lists, and what is still to come. */
const STATES = Object.values(OWN_NAMES).filter((name) => name.endsWith(".json"));
const TEMPORARY = [...STATES, "state/Vaaaaaaaaaa.json", "state/Vaaaaaaaaaa.stat"]
  .map((name) => `${name}.tmp`);
const DAMAGES = ["", "[null]", "null", "{", '{"to":1,"version":[]}', '"text"', "\0\0\0\0"];

/** How the command's notes are written: to a pipe, to a full disk, to nowhere. */
const LOGS = ["2>&1", ">/dev/full 2>&1", ">&- 2>&-"] as const;

/** Throws an Error that names seed, round and what was in the way. */
export async function spoilMachine({ seed, rounds }: BadMachineOptions): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const random = new Random(seed);
  const inspector = new Inspector(lab);
  const counts = new Map<string, number>();
  await deploy(lab, random);
  await sync(lab.context());
  for (let round = 1; round <= rounds; round++) {
    const names = Object.keys(MAKERS).filter(() => random.next() < 0.3);
    const log = random.pick(LOGS);
    try {
      await spoiledRound(lab, { names, log, random, inspector });
    } catch (error) {
      const where = `seed ${seed}, round ${round}, ${names.join(", ")}, ${log}`;
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    }
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { rounds, ...Object.fromEntries(counts) };
}

interface Round {
  readonly names: readonly string[];
  readonly log: typeof LOGS[number];
  readonly random: Random;
  readonly inspector: Inspector;
}

async function spoiledRound(lab: Lab, { names, log, random, inspector }: Round): Promise<void> {
  const outside = lab.fleet.folder.folder("outside");
  Deno.writeTextFileSync(`${outside}/precious`, "precious");
  const wanted = await deploy(lab, random);
  await inspector.lookAtBucket();
  const old = oldRevision(lab, wanted);
  {
    using stack = new DisposableStack();
    const scene: Scene = { lab, own: `${lab.root}/${PACKAGE}/.ftl`, outside, old, random };
    for (const name of names) {
      const nuisance = MAKERS[name]?.(scene);
      if (nuisance !== undefined) stack.use(nuisance);
    }
    requireDeployed(lab, { wanted, ran: await runWithLog(lab, log) });
    requireUntouched(outside);
    // What cannot be deleted is still there, and must not matter a second time either.
    requireDeployed(lab, { wanted, ran: await runWithLog(lab, log) });
    requireUntouched(outside);
  }
  await requireRecovery(lab);
  requireUntouched(outside);
  await inspector.look();
}

/** A small change that is blessed; the answer is its name. */
async function deploy(lab: Lab, random: Random): Promise<string> {
  const site = makeSite(PACKAGE, 1, { files: 20, change: 1 + random.below(2 ** 30) });
  const { revision } = await spool(lab.context(), lab.file(site));
  await jumpMaster(lab.context(), revision);
  return revision;
}

/** One that is here, and that the sync to `wanted` will want to remove: `previous`, mostly. */
function oldRevision(lab: Lab, wanted: string): string | undefined {
  const here = lab.machine.names(`${PACKAGE}/revs`).filter((id) => id !== idOf(wanted));
  const current = lab.machine.link(`${PACKAGE}/current`);
  return here.find((id) => current !== `revs/${id}`);
}

async function runWithLog(lab: Lab, log: string): Promise<Ran> {
  const child = lab.launch(["sync"], {
    env: { FTL_REPORT: "3600", FTL_DELTA: "always" },
    through: ["/bin/sh", "-c", `exec "$@" ${log}`, "sh"],
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function requireDeployed(lab: Lab, { wanted, ran }: { wanted: string; ran: Ran }): void {
  const said = `exit ${ran.code}: ${ran.stdout}${ran.stderr}`;
  const current = lab.machine.link(`${PACKAGE}/current`);
  if (current !== `revs/${idOf(wanted)}`) throw new Error(`${current} is active, ${said}`);
  // A leftover may be told as a failure of the disk, never as a fault of FTL's own.
  if (![0, 7].includes(ran.code) || /^ +at /m.test(said)) throw new Error(said);
}

function requireUntouched(outside: string): void {
  const names = [...Deno.readDirSync(outside)].map(({ name }) => name).join();
  if (names !== "precious" || Deno.readTextFileSync(`${outside}/precious`) !== "precious") {
    throw new Error(`what is not FTL's was touched: ${names}`);
  }
}

function revision(lab: Lab, id: string): string {
  return `${lab.root}/${PACKAGE}/revs/${id}`;
}

function write(path: string, text: string): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

/** What a disk may make of a file: something else, nothing, or a part of it. */
function damage(path: string, random: Random): void {
  if (random.next() < 0.5 || !existsSync(path)) return write(path, random.pick(DAMAGES));
  Deno.truncateSync(path, random.below(Deno.statSync(path).size + 1));
}

function mounted(path: string, from: string): Nuisance {
  Deno.mkdirSync(path, { recursive: true });
  const mount = Mount.bind(from, path);
  return {
    name: path,
    [Symbol.dispose]: () => {
      mount[Symbol.dispose]();
      if (path.includes("/revs/")) Deno.removeSync(path);
    },
  };
}

/** Undefined where the file system knows no such thing. */
function immutable(folder: string): Nuisance | undefined {
  const path = `${folder}/immutable`;
  write(path, "text");
  if (!new Deno.Command("chattr", { args: ["+i", path], stderr: "null" }).outputSync().success) {
    return undefined;
  }
  return { name: path, [Symbol.dispose]: () => void run("chattr", "-i", path) };
}

function harmless(): Nuisance {
  return { name: "", [Symbol.dispose]: () => {} };
}
