/** Says how many machines trust what is blessed, by its signatures. */
import type { Fleet } from "../../plan/fleet.ts";
import { BLESSING_VERDICTS } from "../../revision/blessing_verdict.ts";

/**
 * `27 machines trust what is blessed; 3 would refuse it: 2 unsigned, 1 too-few`. Undefined if no machine checks
 * signatures.
 */
export function trustWords(fleet: Fleet): string | undefined {
  const { trusted } = fleet.trust;
  if (trusted === undefined) return distrustWords(fleet);
  const trusting = `${countOf(trusted)} ${trusted === 1 ? "trusts" : "trust"} what is blessed`;
  const { count, why } = refusing(fleet);
  return count === 0 ? trusting : `${trusting}; ${count} would refuse it: ${why}`;
}

/** `3 machines would refuse what is blessed: unsigned`. Undefined if none would. */
export function distrustWords(fleet: Fleet): string | undefined {
  const { count, why } = refusing(fleet);
  return count === 0 ? undefined : `${countOf(count)} would refuse what is blessed: ${why}`;
}

/** How many machines would refuse it, and for what; with numbers only if there are several reasons. */
function refusing({ trust }: Fleet): { readonly count: number; readonly why: string } {
  const counts = BLESSING_VERDICTS.filter((verdict) => verdict !== "trusted")
    .map((verdict) => ({ verdict, count: trust[verdict] ?? 0 }))
    .filter(({ count }) => count > 0);
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    why: counts.map(({ verdict, count }) => counts.length === 1 ? verdict : `${count} ${verdict}`)
      .join(", "),
  };
}

function countOf(machines: number): string {
  return machines === 1 ? "1 machine" : `${machines} machines`;
}
