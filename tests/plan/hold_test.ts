/** Holds: which of them keep the active revision active. */
import { assertEquals } from "../assert.ts";
import { type Hold, holdInForce } from "../../src/plan/hold.ts";
import { anId } from "../names.ts";

const [HELD, BLESSED, OTHER] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G"), anId("VZ5vQkAaR4G")];
const HOLD: Hold = { id: HELD, blessed: BLESSED, version: "1", blessing: "7" };
const FACTS = { active: HELD, blessed: BLESSED, version: "1", blessing: "7", hold: HOLD };

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
] as const;

for (const [name, facts, due] of ROWS) {
  Deno.test(`a hold ${due ? "is in force" : "has ended"}: ${name}`, () => {
    assertEquals(holdInForce({ ...FACTS, ...facts }), due);
  });
}
