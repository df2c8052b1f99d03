/** How far a staged rollout has come, what holds it back, and who has failed in it. */
import type { Fleet, FleetRollout } from "../../../plan/fleet.ts";
import { type RolloutShares, rolloutShares } from "../../../plan/rollout_shares.ts";
import { bar, type BarPart, formatPercent, type Tone } from "./bar.ts";
import { type Fact, facts } from "./facts.ts";
import { countOf } from "./machines.ts";
import { join, type Markup, markup, NOTHING } from "./markup.ts";
import { formatSeconds } from "./times.ts";

type RolloutState = FleetRollout["state"];

const STATES: Readonly<Record<RolloutState, { tone: Tone; meaning: string }>> = {
  running: { tone: "info", meaning: "machines may take the candidate" },
  paused: { tone: "wait", meaning: "no other machine takes the candidate" },
  halted: {
    tone: "bad",
    meaning: "so many machines have failed that no other one takes the candidate",
  },
  complete: { tone: "good", meaning: "every machine may take the candidate" },
};

/** More names do not help a reader, and the tables have them all. */
const MOST_NAMES = 40;

export function rolloutSection(fleet: Fleet): Markup {
  const { rollout } = fleet;
  const shares = rolloutShares(fleet);
  if (rollout === undefined || shares === undefined) return NOTHING;
  return markup`<section>
<h2>Rollout</h2>
${facts(factsOf(rollout, fleet))}${bar(partsOf(rollout, shares))}</section>
`;
}

function partsOf({ failed }: FleetRollout, shares: RolloutShares): BarPart[] {
  return [
    {
      tone: "good",
      count: shares.running,
      words: shares.running === 1 ? "runs the candidate" : "run the candidate",
    },
    { tone: "info", count: shares.next, words: "may take it" },
    ...(failed === undefined
      ? []
      : [{ tone: "bad" as const, count: shares.failed, words: "failed" }]),
    { tone: "rest", count: shares.rest, words: shares.rest === 1 ? "waits" : "wait" },
  ];
}

function factsOf(rollout: FleetRollout, fleet: Fleet): Fact[] {
  const { tone, meaning } = STATES[rollout.state];
  const { failed, next, state, turns } = rollout;
  const end = state === "complete"
    ? markup`; once all run it, <code>ftl jump --master ${next}</code> makes it final`
    : NOTHING;
  return [
    ["Candidate", markup`<code>${next}</code>`],
    ["State", markup`<span class=${tone}><b>${state}</b></span>: ${meaning}${end}`],
    ["Share", markup`${share(rollout)}`],
    ...limits(rollout),
    ...(failed?.length === 0 ? [] : [["Failed", failedOnes(failed, fleet)] as const]),
    ...(turns.length === 0 ? [] : [["In their jump", names(turns, fleet)] as const]),
    ["Rollout", markup`<span class=id>${rollout.id}</span>`],
  ];
}

function share({ percent, over, groups }: FleetRollout): string {
  const grows = over === undefined ? "" : `, growing to all within ${formatSeconds(over)}`;
  const always = groups.length === 0 ? "" : `; besides, all of ${groups.join(", ")}`;
  return `${formatPercent(percent)} of all machines${grows}${always}`;
}

function limits({ atOnce, halt }: FleetRollout): Fact[] {
  const words = [
    ...(atOnce === undefined ? [] : [`at most ${countOf(atOnce)} at the same time`]),
    ...(halt === undefined
      ? []
      : [`halts when ${countOf(halt)} ${halt === 1 ? "has" : "have"} failed`]),
  ];
  return words.length === 0 ? [] : [["Limits", markup`${words.join("; ")}`]];
}

function failedOnes(failed: readonly string[] | undefined, fleet: Fleet): Markup {
  return failed === undefined
    ? markup`unknown: the marks could not be listed`
    : names(failed, fleet);
}

/** Machines by their names, with their hosts. */
function names(machines: readonly string[], fleet: Fleet): Markup {
  const shown = machines.slice(0, MOST_NAMES).map((name) => {
    const host = fleet.machines.find(({ machine }) => machine === name)?.host;
    const known = host === undefined || host === name ? NOTHING : markup` (${host})`;
    return markup`<code>${name}</code>${known}`;
  });
  const more = machines.length - shown.length;
  return markup`${join(shown, markup`, `)}${more === 0 ? NOTHING : markup` and ${more} more`}`;
}
