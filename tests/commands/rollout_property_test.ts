/** Fleets in which machines sync in any order, and are killed anywhere, while time passes: what always holds. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import { type FaultPoint, onFaultPoint } from "../../src/fault_point.ts";
import { type Marks, readMarks, SILENCE } from "../../src/plan/marks.ts";
import { RolloutFleet } from "./rollout_fleet.ts";

const MACHINES = ["i-1", "i-2", "i-3"];

interface Step {
  readonly machine: string;
  /** Where its sync is killed. */
  readonly at: FaultPoint | undefined;
  /** Minutes that pass before. */
  readonly minutes: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  machine: fc.constantFrom(...MACHINES),
  at: fc.constantFrom(
    ...[undefined, undefined, "turn-chosen", "mark-written", "pre-jumped"] as const,
    ...["current-linked", "outcome-remembered", "pointer-remembered"] as const,
  ),
  minutes: fc.constantFrom(0, 1, 6, 16),
});

class Killed extends Error {}

async function syncKilledAt(fleet: RolloutFleet, { machine, at }: Step): Promise<void> {
  let isDead = false;
  onFaultPoint((point) => {
    isDead ||= point === at;
    if (isDead) throw new Killed();
  });
  // Nothing reaches S3 after a kill.
  fleet.onAsked = () => {
    if (isDead) throw new Killed();
  };
  try {
    await fleet.sync(machine);
  } finally {
    onFaultPoint(() => {});
    fleet.onAsked = () => {};
  }
}

async function look(fleet: RolloutFleet): Promise<Marks> {
  const names = await fleet.bucket.list(".ftl/rollout/");
  return readMarks(
    names.map(({ key, modified }) => ({ name: key.split("/").slice(4).join("/"), modified })),
    fleet.now,
  );
}

Deno.test("whatever is killed, turns are never too many, and in the end all run the candidate and tell it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 }),
      fc.array(anyStep, { minLength: 3, maxLength: 9 }),
      async (atOnce, steps) => {
        using fleet = new RolloutFleet();
        const { old, next } = await fleet.ready(MACHINES);
        await fleet.point(old, next, `cut=1 at-once=${atOnce}`);
        for (const step of steps) {
          fleet.now += step.minutes * 60_000;
          await syncKilledAt(fleet, step);
          assert((await look(fleet)).unfinished.length <= atOnce);
        }
        for (let round = 0; round < 3; round++) {
          fleet.now += SILENCE + 1000;
          for (const machine of MACHINES) await fleet.sync(machine);
        }
        for (const machine of MACHINES) assertEquals(await fleet.active(machine), next);
        const { confirmed, unfinished } = await look(fleet);
        assertEquals([confirmed, unfinished], [MACHINES, []]);
      },
    ),
    { numRuns: 8 },
  );
});
