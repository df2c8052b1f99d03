/**
 * Random histories of a fleet, done by FTL and judged by a model: what every machine runs, ran before, holds, refuses
 * and has, what is blessed, and each exit code. A history that differs is made as short as can be before it is told.
 */
import { type Figures, Lab } from "../lab.ts";
import { Random } from "../../random.ts";
import { randomHistory, type Step } from "./history.ts";
import { KillSwitch } from "./kill_switch.ts";
import { Play, type Stage } from "./play.ts";
import { StoppedClock } from "./stopped_clock.ts";

export interface HistoriesOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number) => void;
}

/** Each round has a seed of its own: `--seed` of a failure with `--rounds 1` is that history. */
export async function playHistories(
  { rounds, seed, onRound }: HistoriesOptions,
): Promise<Figures> {
  // The clock stands still here, so the server's must not go on by itself.
  await using lab = await Lab.start([], { leapAfter: undefined });
  using clock = new StoppedClock();
  using killer = new KillSwitch(lab.fleet.folder.path + "/histories");
  const counts = { steps: 0, killed: 0, processes: 0, compared: 0 };
  const theatre = new Theatre({ lab, clock, killer, counts });
  const started = clock.elapsed();
  for (let round = 0; round < rounds; round++) {
    const steps = randomHistory(new Random(seed + round));
    const failure = await theatre.play(steps);
    if (failure !== undefined) {
      const shortest = await theatre.shorten(steps, failure);
      throw new Error(`seed ${seed + round}, history ${round + 1}: ${shortest.message}`, {
        cause: shortest,
      });
    }
    onRound?.(round + 1);
  }
  return {
    histories: rounds,
    ...{ steps: counts.steps, "commands killed": counts.killed },
    ...{ "by SIGKILL": counts.processes, "machines compared": counts.compared },
    "histories a second": (rounds / (clock.elapsed() - started) * 1000).toFixed(1),
  };
}

class Theatre {
  #played = 0;

  constructor(readonly stage: Stage) {}

  /** Returns what differs. */
  async play(steps: readonly Step[]): Promise<Error | undefined> {
    this.stage.clock.begin();
    const play = new Play(this.stage, `h${this.#played++}`);
    try {
      await play.run(steps);
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      play.end();
    }
  }

  /** Leaves out whatever may be left out. */
  async shorten(steps: readonly Step[], failure: Error): Promise<Error> {
    let [left, shortest] = [steps, failure];
    for (let isShorter = true; isShorter;) {
      isShorter = false;
      for (let at = left.length - 1; at >= 0; at--) {
        const fewer = left.filter((_, index) => index !== at);
        const found = await this.play(fewer);
        if (found === undefined) continue;
        [left, shortest, isShorter] = [fewer, found, true];
      }
    }
    return shortest;
  }
}
