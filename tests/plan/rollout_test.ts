/**
 * Who may take the candidate of a rollout: the order of the machines, the cut, and the writer's choice. The file
 * is long because its parts share the order of the machines.
 */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import {
  chooseCut,
  cutAt,
  isIn,
  rankOf,
  type RolloutMember,
  type RolloutOrder,
  type RolloutSize,
  shareAt,
} from "../../src/plan/rollout.ts";
import { parseRollout, type Rollout } from "../../src/revision/rollout.ts";
import { anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [STABLE, NEXT] = [anId("VZ5vQk8aR4G"), anId("VZ6vQk8aR4G")];
const ID = 1795615200123;
/** Unix seconds. */
const AT = 1795615200;
const ROLLOUT = parseRollout(`id=${ID} cut=0.1 at=${AT}`);
const ORDER: RolloutOrder = { package: SITE, id: ID };

const MANY = Array.from({ length: 10_000 }, (_, i) => `i-${i.toString(16).padStart(17, "0")}`);

/** Computed by another program. They must never change: a running rollout would draw anew. */
const RANKS: [machine: string, order: RolloutOrder, steps: number][] = [
  ["i-0abc", ORDER, 125412464602208],
  ["web-1", ORDER, 96543643845179],
  ["i-0abc", { package: SITE, id: ID + 1 }, 185877642142956],
  ["i-0abc", { package: aPackage("my_api"), id: ID }, 84253915690989],
];

for (const [machine, order, steps] of RANKS) {
  Deno.test(`rankOf() is the same for ever: ${machine} in ${order.package} ${order.id}`, () => {
    assertEquals(rankOf(machine, order), steps / 2 ** 48);
  });
}

/**
 * Chi-squared of counts that should all be the same. With 100 cells, 209 is exceeded by chance once
 * in a billion.
 */
function chiSquared(cells: readonly number[]): number {
  const mean = cells.reduce((sum, n) => sum + n, 0) / cells.length;
  return cells.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0);
}

function countCells(cellOf: (machine: string) => number): number[] {
  const cells = Array<number>(100).fill(0);
  for (const machine of MANY) cells[cellOf(machine)] = (cells[cellOf(machine)] ?? 0) + 1;
  return cells;
}

const orders = fc.record({
  package: fc.constantFrom(SITE, aPackage("my_api")),
  id: fc.integer({ min: 1, max: 999_999_999_999_999 }),
});

Deno.test("ranks of 10,000 machines are uniform in every rollout", () => {
  fc.assert(
    fc.property(orders, (order) => {
      const cells = countCells((machine) => Math.floor(rankOf(machine, order) * 100));
      assertEquals(cells.length, 100, "no rank is 1 or more");
      assert(chiSquared(cells) < 209, `${chiSquared(cells)}`);
    }),
    { numRuns: 5 },
  );
});

Deno.test("the rank in one rollout tells nothing of the rank in another", () => {
  fc.assert(
    fc.property(orders, orders, (one, other) => {
      fc.pre(one.id !== other.id);
      const tenth = (machine: string, order: RolloutOrder): number =>
        Math.floor(rankOf(machine, order) * 10);
      const cells = countCells((m) => tenth(m, one) * 10 + tenth(m, other));
      assert(chiSquared(cells) < 209, `${chiSquared(cells)}`);
    }),
    { numRuns: 3 },
  );
});

/** `now` in seconds after `at`. */
const CUTS: [words: string, now: number, cut: number][] = [
  ["cut=0.1", 1e6, 0.1],
  ["cut=0.1 over=1000", -500, 0.1],
  ["cut=0.1 over=1000", 0, 0.1],
  ["cut=0.2 over=1000", 0.5, 0.2004],
  ["cut=0.2 over=1000", 500, 0.6],
  ["cut=0.2 over=1000", 1000, 1],
  ["cut=0.2 over=1000", 1e9, 1],
  ["cut=1 over=1000", 500, 1],
  ["cut=0 over=4", 1, 0.25],
  ["cut=0.2 over=1000 state=paused", 500, 0.2],
  ["cut=0.2 over=1000 halt=x", 1e9, 0.2],
];

for (const [words, now, cut] of CUTS) {
  Deno.test(`cutAt() is ${cut} with '${words}', ${now} s after it was set`, () => {
    const rollout = parseRollout(`id=${ID} at=${AT} ${words}`);
    assert(Math.abs(cutAt(rollout, (AT + now) * 1000) - cut) < 1e-9);
  });
}

const MEMBER: RolloutMember = {
  package: SITE,
  machine: "i-0abc", // its rank is 0.4455...
  groups: [],
  active: STABLE,
  next: NEXT,
  now: AT * 1000,
};

const MEMBERS: [name: string, words: string, member: Partial<RolloutMember>, wanted: boolean][] = [
  ["its rank is not below the cut", "cut=0.4", {}, false],
  ["its rank is below the cut", "cut=0.5", {}, true],
  ["the cut has not grown far enough", "cut=0.4 over=1000", { now: (AT + 50) * 1000 }, false],
  ["the cut has grown", "cut=0.4 over=1000", { now: (AT + 200) * 1000 }, true],
  ["the cut is 0", "cut=0", {}, false],
  ["the cut is 1", "cut=1", {}, true],
  ["its group may", "cut=0 group=canary,eu", { groups: ["blue", "eu"] }, true],
  ["it has other groups", "cut=0 group=canary,eu", { groups: ["blue", "eu-1"] }, false],
  ["it has groups, the rollout none", "cut=0", { groups: ["canary"] }, false],
  ["the rollout is paused", "cut=1 state=paused", {}, false],
  ["it is paused, also for groups", "cut=1 group=a state=paused", { groups: ["a"] }, false],
  ["a word does not parse", "cut=1 group=a over=x", { groups: ["a"] }, false],
  ["it runs the candidate, the cut is 0", "cut=0", { active: NEXT }, true],
  ["it runs the candidate, the rollout is paused", "cut=0 state=paused", { active: NEXT }, true],
  ["it runs nothing", "cut=0.5", { active: undefined }, true],
  ["it is another package's rollout", "cut=0.4", { package: aPackage("my_api") }, true],
];

for (const [name, words, member, wanted] of MEMBERS) {
  Deno.test(`a machine may ${wanted ? "" : "not "}take the candidate: ${name}`, () => {
    const rollout = parseRollout(`id=${ID} at=${AT} ${words}`);
    assertEquals(isIn(rollout, { ...MEMBER, ...member }), wanted);
  });
}

const cuts = fc.integer({ min: 0, max: 1e9 }).map((billionths) => billionths / 1e9);
const names = fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,20}$/);
const rollouts: fc.Arbitrary<Rollout> = fc.record({
  id: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  cut: cuts,
  over: fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined }),
  groups: fc.array(fc.constantFrom("a", "b")),
  state: fc.constantFrom("running" as const, "paused" as const),
}).map((fields) => ({ ...ROLLOUT, ...fields }));
const members: fc.Arbitrary<RolloutMember> = fc.record({
  machine: names,
  groups: fc.array(fc.constantFrom("b", "c")),
  active: fc.constantFrom(undefined, STABLE, NEXT),
  now: fc.integer({ min: -1000, max: 400_000 }).map((seconds) => (AT + seconds) * 1000),
}).map((fields) => ({ ...MEMBER, ...fields }));

Deno.test("a greater cut only adds machines", () => {
  fc.assert(
    fc.property(rollouts, members, cuts, (rollout, member, other) => {
      const [less, more] = [rollout.cut, other].sort((a, b) => a - b);
      const before = isIn({ ...rollout, cut: less ?? 0 }, member);
      assert(!before || isIn({ ...rollout, cut: more ?? 0 }, member));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("time only adds machines", () => {
  fc.assert(
    fc.property(rollouts, members, fc.nat(400_000_000), (rollout, member, later) => {
      const before = isIn(rollout, member);
      assert(!before || isIn(rollout, { ...member, now: member.now + later }));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the machines of a choice are those that then find themselves in it", () => {
  const size: fc.Arbitrary<RolloutSize> = fc.oneof(
    fc.record({ percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
    fc.record({ machines: fc.nat(60) }),
  );
  fc.assert(fc.property(fc.array(names, { maxLength: 50 }), orders, size, (living, order, size) => {
    const { cut, machines } = chooseCut(living, { order, size });
    const rollout = parseRollout(`id=${order.id} cut=${cut.toFixed(9)} at=${AT}`);
    const member = { ...MEMBER, package: order.package };
    const found = [...new Set(living)].filter((machine) => isIn(rollout, { ...member, machine }));
    assertEquals(found.sort(), [...machines].sort());
  }));
});

/** `wanted` machines of a fleet of `living`. */
const SIZES: [size: RolloutSize, living: number, wanted: number][] = [
  [{ percent: 10 }, 3, 1],
  [{ percent: 33 }, 3, 1],
  [{ percent: 34 }, 3, 2],
  [{ percent: 10 }, 10, 1],
  [{ percent: 10 }, 11, 2],
  [{ percent: 0.000001 }, 3, 1],
  [{ percent: 0 }, 3, 0],
  [{ percent: 100 }, 3, 3],
  [{ percent: 99 }, 3, 3],
  [{ percent: 7 }, 100, 7],
  [{ percent: 14.3 }, 1000, 143],
  [{ percent: 55 }, 1000, 550],
  [{ percent: 10 }, 1000, 100],
  [{ machines: 0 }, 3, 0],
  [{ machines: 1 }, 3, 1],
  [{ machines: 2 }, 1000, 2],
  [{ machines: 3 }, 3, 3],
  [{ machines: 9 }, 3, 3],
];

for (const [size, living, wanted] of SIZES) {
  Deno.test(`chooseCut() takes exactly ${wanted} of ${living} for ${JSON.stringify(size)}`, () => {
    const fleet = MANY.slice(0, living);
    for (let id = ID; id < ID + 5; id++) {
      const { machines } = chooseCut(fleet, { order: { ...ORDER, id }, size });
      assertEquals(machines.length, wanted);
    }
  });
}

Deno.test("chooseCut() takes the machines of the lowest ranks, and adds to them for a greater size", () => {
  const fleet = MANY.slice(0, 20);
  const all = chooseCut(fleet, { order: ORDER, size: { percent: 100 } }).machines;
  const ranks = all.map((machine) => rankOf(machine, ORDER));
  assertEquals(ranks, [...ranks].sort((a, b) => a - b));
  for (let count = 0; count <= 20; count++) {
    const { machines } = chooseCut(fleet, { order: ORDER, size: { machines: count } });
    assertEquals(machines, all.slice(0, count));
  }
});

Deno.test("chooseCut() counts a machine once that the fleet names twice", () => {
  const fleet = ["a", "b", "a", "b", "a", "c"];
  const { machines } = chooseCut(fleet, { order: ORDER, size: { percent: 50 } });
  assertEquals([machines.length, new Set(machines).size], [2, 2]);
});

Deno.test("chooseCut() with 100 % is 1, so that machines of tomorrow are in", () => {
  assertEquals(chooseCut(["a"], { order: ORDER, size: { percent: 100 } }).cut, 1);
  const { cut } = chooseCut(["a"], { order: ORDER, size: { machines: 1 } });
  assert(cut < 1, "a number of machines says nothing of others");
});

Deno.test("chooseCut() is the percentage itself where no machine is known", () => {
  assertEquals(chooseCut([], { order: ORDER, size: { percent: 12.5 } }), {
    cut: 0.125,
    share: 0.125,
    machines: [],
  });
  assertEquals(chooseCut([], { order: ORDER, size: { machines: 2 } }), {
    cut: 0,
    share: 0,
    machines: [],
  });
});

Deno.test("shareAt() is exactly what was asked for in the second of a step, then it grows", () => {
  const rollout = parseRollout(`id=1 at=${AT} cut=0.04 share=0.1 over=7200`);
  for (const milliseconds of [0, 1, 999]) {
    assertEquals(shareAt(rollout, AT * 1000 + milliseconds), 0.1);
  }
  assertEquals(shareAt(rollout, (AT + 3600) * 1000), 0.55);
  assertEquals(shareAt(parseRollout(`id=1 at=${AT} cut=0.04`), AT * 1000), 0.04);
});
