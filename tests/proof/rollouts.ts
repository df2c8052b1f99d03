/**
 * A staged rollout in a large fleet that reports: how many take the candidate at each step, and when it halts. Every
 * machine is a root of its own, its syncs are in this process.
 */
import { basename, dirname } from "node:path";
import {
  type Context,
  jumpMaster,
  type Staged,
  stageMaster,
  type StageRequest,
  sync,
} from "../../mod.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { ScriptError } from "../../src/errors.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import { requirePackageName } from "../../src/revision/names.ts";
import { gzip, tar } from "../archive/builders.ts";
import { type Figures, Lab } from "./lab.ts";
import { namesOfMarks } from "./rollout_words.ts";
import { sha256 } from "./site.ts";

const PACKAGE = "site";

/** Machines that this one process plays at the same time. */
const AT_ONCE = 16;

/** Seconds in which a rollout comes to all. */
const OVER = 7200;

/** Machines that run a candidate before it meets a bad machine. */
const FEW = 3;

/**
 * Rolls out to 10 %, more, and all by the clock; then two candidates that are bad on some machines. Throws an Error
 * that says what is not so.
 */
export async function rollOutToMany({ machines }: { machines: number }): Promise<Figures> {
  await using lab = await Lab.start([]);
  const fleet = await RollingFleet.start(lab, machines);
  const started = performance.now();
  const next = await fleet.spool("2");
  const tenth = await fleet.step(next, { size: { percent: 10 } }, Math.ceil(machines / 10));
  const half = await fleet.step(next, { size: { percent: 50 } }, Math.ceil(machines / 2));
  requireAll(half, tenth);
  const begun = Date.now();
  await fleet.stage(next, { over: OVER });
  // Syncs take so long that the cut grows meanwhile. So the machines' clocks stand still.
  const unchanged = await fleet.run(next, { at: begun });
  requireCount(unchanged, half.size);
  requireAll(unchanged, half);
  const grown = await fleet.run(next, { at: begun + OVER * 1000 / 2 });
  requireAll(grown, half);
  if (grown.size === half.size || grown.size === machines) {
    throw new Error(`After half of the time ${grown.size} machines run the candidate`);
  }
  requireCount(await fleet.run(next, { at: begun + (OVER + 60) * 1000 }), machines);
  await fleet.bless(next);
  const halted = await fleet.meetBad({ halt: 1, bad: 1 });
  const passed = await fleet.meetBad({ halt: 3, bad: 2 });
  return {
    machines,
    "run it at 10 %": tenth.size,
    "at 50 %": half.size,
    "after half of --over": grown.size,
    "with one bad and --halt 1": halted,
    "with two bad and --halt 3": passed,
    seconds: ((performance.now() - started) / 1000).toFixed(),
  };
}

class RollingFleet {
  #version = 2;
  #blessed = "";
  #bad: ReadonlySet<string> = new Set();

  private constructor(readonly lab: Lab, readonly machines: readonly Context[]) {}

  /** All run the first revision, and have reported that. */
  static async start(lab: Lab, machines: number): Promise<RollingFleet> {
    const contexts = Array.from({ length: machines }, (_, n) => {
      const name = `i-${n}`;
      const root = lab.fleet.folder.folder(`roots/${name}/root`);
      Deno.mkdirSync(`${root}/${PACKAGE}`);
      return lab.context({
        root,
        env: { FTL_MACHINE: name, FTL_REPORT: "3600", FTL_HEALTH_TIMEOUT: "600" },
      });
    });
    const fleet = new RollingFleet(lab, contexts);
    const first = await fleet.spool("1");
    await fleet.bless(first);
    requireCount(await fleet.run(first), machines);
    return fleet;
  }

  /** Its health fails on machines that have a file `bad` beside their root. */
  async spool(version: string): Promise<string> {
    const health = '#!/bin/sh\n[ ! -e "$(dirname "$FTL_CURRENT")/../../bad" ] || exit 100\n';
    const bytes = gzip(tar(
      { name: "version", content: version },
      { name: "health.sh", content: health, mode: 0o755 },
    ));
    const archive = { fileName: `${PACKAGE}.tgz`, bytes, sha256: sha256(bytes), lines: "" };
    return (await this.lab.spool(archive)).revision;
  }

  async bless(revision: string): Promise<void> {
    await jumpMaster(this.lab.context(), revision);
    this.#blessed = revision;
  }

  /** Takes the next step, and syncs all. The answer is who runs the candidate then: so many must. */
  async step(next: string, request: StageRequest, due: number): Promise<Set<string>> {
    await this.stage(next, request);
    const having = await this.run(next);
    requireCount(having, due);
    return having;
  }

  async stage(next: string, request: StageRequest): Promise<Staged> {
    const staged = await stageMaster(this.lab.context(), next, { request });
    const { of } = staged.rollout;
    if (of !== this.machines.length) throw new Error(`The writer knows ${of} machines`);
    // A candidate that has halted at 100 % is no blessed one, whatever is rolled out after it.
    if (staged.blessed !== this.#blessed) throw new Error(`${staged.blessed} became blessed`);
    return staged;
  }

  /** Syncs all or some, when their clocks show `at`, or the true time. The answer is who runs the revision then. */
  async run(
    revision: string,
    { at, only = this.machines }: { at?: number; only?: readonly Context[] } = {},
  ): Promise<Set<string>> {
    const having = new Set<string>();
    await inParallel(only, { concurrency: AT_ONCE }, async (machine) => {
      const context = { ...machine, now: () => at ?? Date.now() };
      const [result] = await sync(context);
      const [failure] = result?.failures ?? [];
      const isBad = failure instanceof ScriptError && this.#bad.has(nameOf(machine));
      if (failure !== undefined && !isBad) {
        throw new Error(`${nameOf(machine)}: ${failure.message}`, { cause: failure });
      }
      if (String(result?.active) === revision) having.add(nameOf(machine));
    });
    return having;
  }

  /**
   * A candidate for half of all machines. A few have it before the bad ones come. If these halt it, nobody else takes
   * it, whatever its share, and who runs it stays on it. The answer is how many run it then.
   */
  async meetBad({ halt, bad }: { halt: number; bad: number }): Promise<number> {
    const next = await this.spool(String(++this.#version));
    const { rollout } = await this.stage(next, { size: { percent: 50 }, halt });
    const order = { package: requirePackageName(PACKAGE), id: rollout.id };
    const chosen = this.machines.map(nameOf).filter((name) => rankOf(name, order) < rollout.cut);
    const [early, late] = [chosen.slice(0, FEW), chosen.slice(FEW, FEW + bad)];
    const of = (names: readonly string[]): Context[] =>
      this.machines.filter((machine) => names.includes(nameOf(machine)));
    this.#setBad(late);
    requireCount(await this.run(next, { only: of(early) }), FEW);
    requireCount(await this.run(next, { only: of(late) }), 0);
    const isHalted = bad >= halt;
    let having = await this.run(next);
    requireCount(having, isHalted ? FEW : chosen.length - bad);
    await this.stage(next, { size: { percent: 100 } });
    having = await this.run(next);
    requireCount(having, isHalted ? FEW : this.machines.length - bad);
    requireAll(having, new Set(early));
    const marks = await namesOfMarks(this.lab.bucket, next, rollout.id);
    const failed = marks.filter((name) => name.startsWith("failed/")).toSorted();
    const due = late.map((name) => `failed/${name}`).toSorted();
    if (failed.join() !== due.join()) throw new Error(`Failed are ${failed}, not ${due}`);
    this.#setBad([]);
    return having.size;
  }

  #setBad(names: readonly string[]): void {
    for (const name of this.#bad) Deno.removeSync(this.#flagOf(name));
    this.#bad = new Set(names);
    for (const name of names) Deno.writeTextFileSync(this.#flagOf(name), "");
  }

  #flagOf(name: string): string {
    return `${this.lab.fleet.folder.path}/roots/${name}/bad`;
  }
}

function nameOf({ config: { root } }: Context): string {
  return basename(dirname(root));
}

function requireCount(having: ReadonlySet<string>, due: number): void {
  if (having.size !== due) throw new Error(`${having.size} machines run it, not ${due}`);
}

/** Whoever has it keeps it. */
function requireAll(now: ReadonlySet<string>, before: ReadonlySet<string>): void {
  const lost = [...before].filter((name) => !now.has(name));
  if (lost.length > 0) throw new Error(`${lost} ran the candidate, and do not any more`);
}
