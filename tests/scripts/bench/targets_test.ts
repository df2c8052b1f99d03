import { assertEquals } from "../../assert.ts";
import type { Measured } from "../../../scripts/bench/programs.ts";
import { judge, median } from "../../../scripts/bench/targets.ts";

function run(ms: number, more: Partial<Measured> = {}): Measured {
  return { ms, cpu: undefined, peak: undefined, ...more };
}

Deno.test("judge() takes ratios of runs in the same round, and their median", () => {
  // The machine was slow in the second round, for both.
  const runs = { ftl: [run(10), run(60), run(12)], tar: [run(20), run(100), run(20)] };
  const target = { measure: "time", of: "ftl", beside: "tar", atMost: 0.6 } as const;
  assertEquals(judge(target, { name: "", title: "", runs, facts: {} }), {
    what: "ftl / tar",
    value: 0.6,
    range: [0.5, 0.6],
    unit: "",
    atMost: 0.6,
    least: undefined,
    verdict: "met",
  });
});

Deno.test("judge() misses a target that is exceeded by little", () => {
  const runs = { ftl: [run(0, { cpu: 0.751 })], tar: [run(0, { cpu: 1 })] };
  const target = { measure: "cpu", of: "ftl", beside: "tar", atMost: 0.75 } as const;
  assertEquals(judge(target, { name: "", title: "", runs, facts: {} }).verdict, "MISSED");
});

Deno.test("judge() counts the highest peak, not the median", () => {
  const runs = { ftl: [150, 201, 150].map((peak) => run(1, { peak })) };
  const { value, verdict } = judge({ measure: "peak", of: "ftl", atMost: 200 }, {
    ...{ name: "", title: "", runs, facts: {} },
  });
  assertEquals([value, verdict], [201, "MISSED"]);
});

Deno.test("judge() knows nothing of what did not run or was not seen in each round", () => {
  const known = run(1, { cpu: 1 });
  const cases: Readonly<Record<string, readonly Measured[]>>[] = [
    {},
    { ftl: [known] },
    { tar: [known] },
    { ftl: [known, known], tar: [known] },
    { ftl: [known, run(1)], tar: [known, known] },
  ];
  for (const runs of cases) {
    const target = { measure: "cpu", of: "ftl", beside: "tar", atMost: 2 } as const;
    const { value, range, verdict } = judge(target, { name: "", title: "", runs, facts: {} });
    assertEquals([value, range, verdict], [undefined, undefined, "not measured"]);
  }
});

Deno.test("median() of an even number is between the middle ones", () => {
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([3, 1, 2]), 2);
});
