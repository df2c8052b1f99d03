/** Holds: which of them keep the active revision active. */
import { assertEquals } from "../assert.ts";
import { type Hold, holdInForce } from "../../src/plan/hold.ts";
import { anId } from "../names.ts";

const [HELD, BLESSED, OTHER] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G"), anId("VZ5vQkAaR4G")];
const HOLD: Hold = { id: HELD, blessed: BLESSED, version: "1", blessing: "7" };
const FACTS = { active: HELD, blessed: BLESSED, version: "1", blessing: "7", hold: HOLD };

/** A jump to the blessed one while a rollout was under way. */
const STAYED = { blessed: HELD, hold: { ...HOLD, blessed: HELD, rollout: "9" } };

const ROWS = [
  ["as it was made", {}, true],
  ["there is none", { hold: undefined }, false],
  ["something else is active", { active: OTHER }, false],
  ["nothing is active", { active: undefined }, false],
  ["the held one is blessed", { blessed: HELD }, false],
  ["another one is blessed", { blessed: OTHER }, false],
  ["nothing is blessed any more", { blessed: undefined, version: undefined }, false],
  ["the pointer was rewritten with the same blessing", { version: "2" }, true],
  ["the same was blessed once more", { version: "2", blessing: "8" }, false],
  ["FTL 0.1.0 made it, the same pointer", { hold: { ...HOLD, blessing: undefined } }, true],
  [
    "FTL 0.1.0 made it, another pointer",
    { hold: { ...HOLD, blessing: undefined }, version: "2" },
    false,
  ],
  ["the pointer's state is of FTL 0.1.0", { blessing: undefined }, true],
  ["nothing was blessed, nor is now", {
    hold: { id: HELD, blessed: undefined, version: undefined },
    blessed: undefined,
    version: undefined,
    blessing: undefined,
  }, true],
  ["a rollout is under way", { rollout: "9" }, true],
  ["it is of a rollout that is over", { hold: { ...HOLD, rollout: "9" } }, true],
  ["it is on the blessed one, against a rollout", { ...STAYED, rollout: "9" }, true],
  ["that rollout has another step", { ...STAYED, rollout: "9", version: "2" }, true],
  ["that rollout is over", STAYED, false],
  ["another rollout is under way", { ...STAYED, rollout: "10" }, false],
  ["its candidate is blessed", { ...STAYED, blessed: OTHER, blessing: "9" }, false],
  ["the blessed one was blessed once more", { ...STAYED, rollout: "9", blessing: "8" }, false],
  ["it is on the blessed one, without a rollout", {
    ...STAYED,
    hold: { ...STAYED.hold, rollout: undefined },
  }, false],
] as const;

for (const [name, facts, due] of ROWS) {
  Deno.test(`a hold ${due ? "is in force" : "has ended"}: ${name}`, () => {
    assertEquals(holdInForce({ ...FACTS, ...facts }), due);
  });
}
