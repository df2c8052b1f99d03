import type { DeltaSetting } from "../../src/config.ts";
import { routeOf, servesLaterDeltas } from "../../src/plan/route.ts";
import { assertEquals } from "../assert.ts";

// The rows of the truth table; `-` is tried with both values.
const ROWS = `
off     -    -    -   whole
auto    no   -    -   whole
always  no   -    -   whole
auto    yes  -    no  whole
auto    yes  no   yes told
always  yes  no   -   told
auto    yes  yes  yes delta
always  yes  yes  -   delta
`.trim().split("\n").map((row) => row.split(/\s+/));

const valuesOf = (word = ""): boolean[] => word === "-" ? [false, true] : [word === "yes"];

for (const [setting = "", base, trusted, gain, result] of ROWS) {
  Deno.test(`routeOf() by FTL_DELTA=${setting}, base ${base}, trusted ${trusted}, gain ${gain}`, () => {
    for (const hasBase of valuesOf(base)) {
      for (const isTreeTrusted of valuesOf(trusted)) {
        for (const isGain of valuesOf(gain)) {
          for (const [hasSpare, sharesBlocks] of isGain ? GAINS : [[false, false] as const]) {
            const route = routeOf({
              setting: setting as DeltaSetting,
              ...{ hasBase, isTreeTrusted, hasSpare, sharesBlocks },
            });
            assertEquals(route.by, result === "delta" ? "delta" : "whole");
            assertEquals("why" in route, result === "told");
          }
        }
      }
    }
  });
}

const GAINS = [[true, false], [false, true], [true, true]] as const;

Deno.test("routeOf() has a row for each case", () => {
  const both = [false, true];
  for (const setting of ["auto", "always", "off"]) {
    for (const base of both) {
      for (const trusted of both) {
        for (const gain of both) {
          const rows = ROWS.filter(([s, b, t, g]) =>
            s === setting && valuesOf(b).includes(base) && valuesOf(t).includes(trusted) &&
            valuesOf(g).includes(gain)
          );
          const results = new Set(rows.map((row) => row.at(-1)));
          assertEquals(results.size, 1, `${setting} ${base} ${trusted} ${gain}: ${[...results]}`);
        }
      }
    }
  }
});

// FTL_DELTA, whether a spare is kept, whether blocks are shared, the result.
const LATER = `
off     -    -    no
auto    no   no   no
auto    yes  -    yes
auto    -    yes  yes
always  -    -    yes
`.trim().split("\n").map((row) => row.split(/\s+/));

for (const [setting = "", spare, shared, result] of LATER) {
  Deno.test(`servesLaterDeltas() by FTL_DELTA=${setting}, spare ${spare}, blocks shared ${shared}`, () => {
    for (const keepsSpare of valuesOf(spare)) {
      for (const sharesBlocks of valuesOf(shared)) {
        const facts = { setting: setting as DeltaSetting, keepsSpare, sharesBlocks };
        assertEquals(servesLaterDeltas(facts), result === "yes");
      }
    }
  });
}
