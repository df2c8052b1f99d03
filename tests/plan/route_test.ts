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

for (const [setting = "", base, trusted, spare, result] of ROWS) {
  Deno.test(`routeOf() by FTL_DELTA=${setting}, base ${base}, trusted ${trusted}, spare ${spare}`, () => {
    for (const hasBase of valuesOf(base)) {
      for (const isTreeTrusted of valuesOf(trusted)) {
        for (const hasSpare of valuesOf(spare)) {
          const route = routeOf({
            setting: setting as DeltaSetting,
            ...{ hasBase, isTreeTrusted, hasSpare },
          });
          assertEquals(route.by, result === "delta" ? "delta" : "whole");
          assertEquals("why" in route, result === "told");
        }
      }
    }
  });
}

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

// FTL_DELTA, whether a spare is kept, the result.
const LATER = `
off     -    no
auto    no   no
auto    yes  yes
always  -    yes
`.trim().split("\n").map((row) => row.split(/\s+/));

for (const [setting = "", spare, result] of LATER) {
  Deno.test(`servesLaterDeltas() by FTL_DELTA=${setting}, spare ${spare}`, () => {
    for (const keepsSpare of valuesOf(spare)) {
      const config = { delta: setting as DeltaSetting, spare: keepsSpare };
      assertEquals(servesLaterDeltas(config), result === "yes");
    }
  });
}
