/** Runs the contenders of a case in turn. */
import { type Case, type Contender, Unavailable } from "./case.ts";
import type { Measured } from "./programs.ts";
import type { CaseResult } from "./targets.ts";

export interface RunOptions {
  readonly rounds: number;
  readonly say: (text: string) => void;
  /** Whether somebody wants the benchmark to end. File systems that it has mounted are unmounted first. */
  readonly isStopped: () => boolean;
}

/**
 * The first round warms up and does not count. Each round begins with another contender. A case that this machine
 * cannot run, or that fails, says why in its result, and the others still run.
 */
export async function runCase(one: Case, options: RunOptions): Promise<CaseResult> {
  const { name, title } = one;
  try {
    return { name, title, ...await runRounds(one, options) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const unavailable = error instanceof Unavailable ? reason : `it failed: ${reason}`;
    return { name, title, runs: {}, facts: {}, unavailable };
  } finally {
    await cleanUp(one, options);
  }
}

/** What cannot be removed does not keep the others from running. */
async function cleanUp({ name, clean }: Case, { say }: RunOptions): Promise<void> {
  try {
    await clean?.();
  } catch (error) {
    say(`${name}: something is left over: ${error instanceof Error ? error.message : error}`);
  }
}

async function runRounds(
  one: Case,
  { rounds, say, isStopped }: RunOptions,
): Promise<Pick<CaseResult, "runs" | "facts">> {
  say(`${one.name}: preparing`);
  const contenders = await one.prepare();
  const runs: Record<string, Measured[]> = {};
  for (const { name } of contenders) runs[name] = [];
  const count = countRounds(one, rounds);
  const warmsUp = one.rounds !== 1;
  for (let round = warmsUp ? 0 : 1; round <= count; round++) {
    say(`${one.name}: ${round === 0 ? "warming up" : `round ${round} of ${count}`}`);
    await one.beforeRound?.();
    for (const contender of rotate(contenders, warmsUp ? round : 0)) {
      if (isStopped()) throw new Unavailable("the benchmark was stopped");
      const measured = await runOnce(contender);
      if (round > 0) runs[contender.name]?.push(measured);
    }
    await one.afterRound?.();
  }
  return { runs, facts: await one.facts?.() ?? {} };
}

/** A case's own number is for a full run. A short run shortens it too. */
function countRounds({ rounds }: Case, wanted: number): number {
  if (rounds === undefined) return wanted;
  return wanted < FULL ? Math.min(rounds, wanted) : rounds;
}

/** Rounds of a run that counts. */
export const FULL = 7;

function rotate<T>(all: readonly T[], by: number): T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

async function runOnce({ run, after }: Contender): Promise<Measured> {
  const measured = await run();
  await after?.();
  return measured;
}
