import { assertEquals } from "../assert.ts";
import { type HoldFacts, holdInForce } from "../../src/plan/hold.ts";
import { anId } from "../names.ts";

const [A, B, C] = [anId("aaaaaa"), anId("bbbbbb"), anId("cccccc")];

/** A jump went to A while B was blessed, and nothing has changed since. */
const HELD: HoldFacts = {
  active: A,
  blessed: B,
  version: "1",
  hold: { id: A, blessed: B, version: "1" },
};

const CASES: [sentence: string, given: Partial<HoldFacts>, expected: boolean][] = [
  ["is in force while nothing changes", {}, true],
  ["is in force if nothing was and is blessed", {
    blessed: undefined,
    version: undefined,
    hold: { id: A, blessed: undefined, version: undefined },
  }, true],
  ["is not in force if there is none", { hold: undefined }, false],
  ["ends when another revision becomes active", { active: C }, false],
  ["ends when no revision is active", { active: undefined }, false],
  ["ends when the held revision is blessed", { blessed: A, version: "2" }, false],
  ["ends when a third revision is blessed", { blessed: C, version: "2" }, false],
  ["ends when the same revision is blessed anew", { version: "2" }, false],
  ["ends when the blessing is taken away", { blessed: undefined, version: undefined }, false],
];

for (const [sentence, given, expected] of CASES) {
  Deno.test(`a hold ${sentence}`, () => {
    assertEquals(holdInForce({ ...HELD, ...given }), expected);
  });
}
