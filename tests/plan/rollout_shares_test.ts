import fc from "fast-check";
import { assertEquals } from "../assert.ts";
import type { Fleet, FleetRollout } from "../../src/plan/fleet.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import { rolloutShares } from "../../src/plan/rollout_shares.ts";
import { EXAMPLE, fleetOf, machine } from "../cli/text/fleet_example.ts";

const ROLLOUT = EXAMPLE.rollout as FleetRollout;
const ORDER = { package: EXAMPLE.package, id: ROLLOUT.id };
const ONE = machine(1, { machine: "i-1", groups: [] });
const RANK = rankOf("i-1", ORDER);
const NONE = { running: 0, next: 0, failed: 0, rest: 0 };

const BELOW = { ...ROLLOUT, groups: [], failed: [], cut: RANK + 0.0001 };
const ABOVE = { ...BELOW, cut: RANK - 0.0001 };

const TABLE: [what: string, is: keyof typeof NONE, rollout: FleetRollout, one: typeof ONE][] = [
  ["below the cut", "next", BELOW, ONE],
  ["above the cut", "rest", ABOVE, ONE],
  ["in a group", "next", { ...ABOVE, groups: ["canary"] }, { ...ONE, groups: ["canary"] }],
  ["on the candidate", "running", ABOVE, { ...ONE, active: ROLLOUT.next }],
  ["on the candidate of a paused rollout", "running", { ...BELOW, state: "paused" }, {
    ...ONE,
    active: ROLLOUT.next,
  }],
  ["below the cut of a paused rollout", "rest", { ...BELOW, state: "paused" }, ONE],
  ["below the cut of a halted rollout", "rest", { ...BELOW, state: "halted" }, ONE],
  ["below the cut of a complete rollout", "next", { ...BELOW, state: "complete" }, ONE],
  ["failed, whatever it runs", "failed", { ...BELOW, failed: ["i-1"] }, {
    ...ONE,
    active: ROLLOUT.next,
  }],
  ["below the cut, with marks that are unknown", "next", { ...BELOW, failed: undefined }, ONE],
];

for (const [what, is, rollout, one] of TABLE) {
  Deno.test(`rolloutShares() counts a machine as ${is} that is ${what}`, () => {
    assertEquals(rolloutShares({ ...fleetOf([one]), rollout }), { ...NONE, [is]: 1 });
  });
}

Deno.test("rolloutShares() counts no machine that is gone, and nothing without a rollout", () => {
  const gone: Fleet = { ...fleetOf([{ ...ONE, state: "gone" }]), rollout: BELOW };
  assertEquals(rolloutShares(gone), NONE);
  assertEquals(rolloutShares(fleetOf([ONE])), undefined);
});

Deno.test("rolloutShares() counts each living machine once", () => {
  const state = fc.constantFrom<FleetRollout["state"][]>("running", "paused", "halted", "complete");
  fc.assert(fc.property(state, fc.double({ min: 0, max: 1, noNaN: true }), (state, cut) => {
    const shares = rolloutShares({ ...EXAMPLE, rollout: { ...ROLLOUT, state, cut } });
    assertEquals(Object.values(shares ?? {}).reduce((a, b) => a + b), EXAMPLE.living);
  }));
});
