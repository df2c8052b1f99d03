/** What the states of machines look like and mean. */
import type { Fleet, MachineState } from "../../../plan/fleet.ts";
import type { Tone } from "./bar.ts";

export interface StateLook {
  readonly tone: Tone;
  readonly meaning: string;
}

/** In the order of the page. */
export const STATE_LOOKS: Readonly<Record<MachineState, StateLook>> = {
  failing: { tone: "bad", meaning: "the last sync failed" },
  quarantine: { tone: "bad", meaning: "the health of what it should run failed" },
  unhealthy: { tone: "bad", meaning: "it runs what it should, and the health of that failed" },
  unreadable: { tone: "bad", meaning: "its report cannot be read" },
  behind: { tone: "wait", meaning: "it runs something else than it should" },
  held: { tone: "wait", meaning: "a person's jump keeps another revision active" },
  paused: { tone: "wait", meaning: "a pause file keeps it from activating" },
  new: { tone: "wait", meaning: "nothing is active yet" },
  gone: {
    tone: "wait",
    meaning: "it has not reported for three times its own interval, and counts nowhere else",
  },
  waiting: { tone: "info", meaning: "the rollout has not come to it yet" },
  ok: { tone: "good", meaning: "it runs what it should" },
};

const STATES = Object.keys(STATE_LOOKS) as MachineState[];

/** How many of the living machines are in each state that any is in. */
export function countsOf({ states }: Fleet): { state: MachineState; count: number }[] {
  return STATES.filter((state) => state !== "gone")
    .map((state) => ({ state, count: states[state] ?? 0 })).filter(({ count }) => count > 0);
}
