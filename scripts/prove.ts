/**
 * `deno task prove [--rounds 1000] [--minutes 10] [--machines 1000] [--seed N] [--only kills,crowd,...]
 * [--ftl EXECUTABLE]`: runs every harness at full length, each with one line of figures. The exit code is not 0
 * if any promise was broken. The message names the seed, which repeats the same commands. Programs that are
 * started as they are, and not to be killed at a named step, are those of the executable, if one is given.
 */
import { parseArgs } from "node:util";
import { spoilMachine } from "../tests/proof/bad_machine.ts";
import { badStores } from "../tests/proof/bad_store.ts";
import { blessAtOnce, spoolAtOnce, spoolInOneInstant } from "../tests/proof/crowd.ts";
import { editBases } from "../tests/proof/edited_base.ts";
import { fillDisk, readOnlyDisk } from "../tests/proof/full_disk.ts";
import { breakArchives } from "../tests/proof/hostile_archives.ts";
import { breakPatches } from "../tests/proof/hostile_patches.ts";
import { playHistories } from "../tests/proof/histories/histories.ts";
import { killLoop } from "../tests/proof/kill_loop.ts";
import type { Figures } from "../tests/proof/lab.ts";
import { faultMatrix } from "../tests/proof/matrix.ts";
import { pollByMany } from "../tests/proof/polling.ts";
import { cutPower } from "../tests/proof/power_cut.ts";
import { cutPowerOfDeltas } from "../tests/proof/power_cut_delta.ts";
import { tryProperties } from "../tests/proof/properties.ts";
import { newSeed } from "../tests/random.ts";
import { announce, figuresLine } from "../tests/proof/report.ts";
import { lookAtMany } from "../tests/proof/reports.ts";
import { rollOutToMany } from "../tests/proof/rollouts.ts";
import { soak } from "../tests/proof/soak.ts";
import { crowdOnOneRoot } from "../tests/proof/root_crowd.ts";
import { killAtSteps } from "../tests/proof/steps.ts";
import { deployToMany } from "../tests/proof/thousand.ts";
import { takeTurns } from "../tests/proof/turns.ts";
import { changeVersions } from "../tests/proof/upgrade.ts";

interface Settings {
  readonly seed: number;
  readonly rounds: number;
  readonly minutes: number;
  readonly machines: number;
}

type Harness = (settings: Settings) => Promise<Figures>;

const HARNESSES: Readonly<Record<string, Harness>> = {
  kills: ({ seed, rounds }) =>
    killLoop({
      seed,
      rounds,
      onRound: (round) => round % 100 === 0 ? announce(`kills: ${round} rounds`) : undefined,
    }),
  steps: () => killAtSteps(),
  upgrade: () => changeVersions(),
  power: () => cutPower(),
  "power-deltas": ({ seed, rounds }) =>
    cutPowerOfDeltas({ seed, every: Math.max(1, Math.ceil(5000 / rounds)) }),
  crowd: ({ seed, minutes }) => crowdOnOneRoot({ seed, seconds: 18 * minutes }),
  spools: async ({ seed }) => {
    await spoolInOneInstant({ seed, count: 10 });
    await spoolAtOnce({ seed, count: 20, same: true });
    return await spoolAtOnce({ seed, count: 50, same: false });
  },
  blessings: ({ seed }) => blessAtOnce({ seed, racers: 20, rounds: 5 }),
  rollout: ({ machines }) => rollOutToMany({ machines }),
  reports: ({ machines }) => lookAtMany({ machines: 5 * machines }),
  turns: () => takeTurns({ machines: 40, atOnce: 3 }),
  histories: ({ seed, rounds }) =>
    playHistories({
      ...{ seed, rounds: 5 * rounds },
      onRound: (round) => round % 100 === 0 ? announce(`histories: ${round} rounds`) : undefined,
    }),
  faults: () => faultMatrix({ slow: true }),
  hostile: ({ seed, rounds }) => breakArchives({ seed, inputs: 100 * rounds }),
  edits: ({ seed, rounds }) => editBases({ seed, rounds: Math.ceil(rounds / 2) }),
  patches: ({ seed, rounds }) => Promise.resolve(breakPatches({ seed, inputs: 100 * rounds })),
  properties: ({ seed }) => tryProperties({ seed }),
  bytes: ({ seed, rounds }) => fillDisk({ seed, rounds: Math.ceil(rounds / 5), of: "bytes" }),
  inodes: ({ seed, rounds }) => fillDisk({ seed, rounds: Math.ceil(rounds / 5), of: "inodes" }),
  quota: ({ seed, rounds }) => fillDisk({ seed, rounds: Math.ceil(rounds / 5), of: "quota" }),
  readonly: () => readOnlyDisk(),
  machine: ({ seed, rounds }) => spoilMachine({ seed, rounds: Math.ceil(rounds / 10) }),
  stores: () => badStores(),
  fleet: ({ machines }) => deployToMany({ machines, splay: 30, older: 50 }),
  polling: ({ machines, seed }) => pollByMany({ machines, minutes: 60, seed }),
  soak: ({ minutes, seed }) => soak({ minutes, seed }),
};

/** Throws an Error with a message for the user. */
function readSettings(args: string[]): Settings & { names: readonly string[] } {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "1000" },
      minutes: { type: "string", default: "10" },
      machines: { type: "string", default: "1000" },
      seed: { type: "string", default: String(newSeed()) },
      ftl: { type: "string" },
      only: { type: "string", default: Object.keys(HARNESSES).join() },
    },
  });
  if (values.ftl !== undefined) Deno.env.set("PROVE_FTL", Deno.realPathSync(values.ftl));
  const number = (name: "rounds" | "minutes" | "machines" | "seed"): number => {
    if (!/^[0-9]+(\.[0-9]+)?$/.test(values[name])) throw new Error(`--${name} is not a number`);
    return Number(values[name]);
  };
  const names = values.only.split(",");
  const unknown = names.find((name) => HARNESSES[name] === undefined);
  if (unknown !== undefined) {
    throw new Error(
      `No harness '${unknown}'; the harnesses are ${Object.keys(HARNESSES).join(", ")}`,
    );
  }
  return {
    seed: number("seed"),
    rounds: number("rounds"),
    minutes: number("minutes"),
    machines: number("machines"),
    names,
  };
}

async function main(): Promise<number> {
  const { names, ...settings } = readSettings(Deno.args);
  announce(`seed ${settings.seed}`);
  let broken = 0;
  for (const name of names) {
    const started = performance.now();
    try {
      const figures = await HARNESSES[name]?.(settings) ?? {};
      const seconds = ((performance.now() - started) / 1000).toFixed();
      announce(`${figuresLine(name, figures)} (${seconds} s)`);
    } catch (error) {
      broken++;
      announce(`${name}: BROKEN: ${error instanceof Error ? error.stack : error}`);
    }
  }
  announce(broken === 0 ? "every promise held" : `${broken} broken`);
  return broken === 0 ? 0 : 1;
}

// Idle connections are still open; there is no need to wait for them.
if (import.meta.main) Deno.exit(await main());
