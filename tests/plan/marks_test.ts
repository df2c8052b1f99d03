/** What the marks of a rollout tell: who has failed, whether it is halted, who may take a turn. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import {
  freeTurn,
  isHalted,
  knowledgeOf,
  type ListedMark,
  type Marks,
  readMarks,
  SILENCE,
} from "../../src/plan/marks.ts";
import { markName } from "../../src/revision/marks.ts";

const NOW = 1_795_615_200_000;
/** Minutes ago. */
type Given = Readonly<Record<string, number>>;

function marksOf(given: Given): Marks {
  const listed = Object.entries(given)
    .map(([name, minutes]): ListedMark => ({ name, modified: NOW - minutes * 60_000 }));
  return readMarks(listed, NOW);
}

const NONE: Marks = {
  confirmed: [],
  failed: [],
  silentTurns: [],
  trying: [],
  unfinished: [],
  highest: 0,
};

const ROWS: [sentence: string, given: Given, told: Partial<Marks>][] = [
  ["there are none", {}, {}],
  ["names that FTL does not write", { "ok": 1, "turn/7": 1, "x/y": 1 }, {}],
  ["a machine is in its jump", { "try/a": 1 }, { trying: ["a"] }],
  ["it is for just 15 minutes", { "try/a": 15 }, { trying: ["a"] }],
  ["it is silent", { "try/a": 15.02 }, { failed: ["a"] }],
  ["it ended well", { "try/a": 60, "ok/a": 59 }, { confirmed: ["a"] }],
  ["it ended well in the same second", { "try/a": 60, "ok/a": 60 }, { confirmed: ["a"] }],
  ["it failed", { "try/a": 60, "failed/a": 59 }, { failed: ["a"] }],
  ["it failed before its jump", { "failed/a": 59 }, { failed: ["a"] }],
  ["it failed, then it was well", { "try/a": 3, "failed/a": 5, "ok/a": 2 }, { confirmed: ["a"] }],
  ["it was well, then it failed", { "try/a": 9, "failed/a": 2, "ok/a": 5 }, { failed: ["a"] }],
  ["both in one second", { "try/a": 9, "failed/a": 5, "ok/a": 5 }, { failed: ["a"] }],
  ["it tries again after a failure", { "try/a": 1, "failed/a": 5 }, {
    failed: ["a"],
    trying: ["a"],
  }],
  ["it tried again, and is silent", { "try/a": 16, "failed/a": 20 }, { failed: ["a"] }],
  ["it was well, tried again, and is silent", { "try/a": 16, "ok/a": 20 }, { failed: ["a"] }],
  ["a turn is open", { "turn/000001": 1 }, { unfinished: [1], highest: 1 }],
  ["a turn is silent", { "turn/000001": 16 }, { silentTurns: [1], highest: 1 }],
  ["a turn ended well", { "turn/000001": 60, "ok/a~1": 59 }, { confirmed: ["a"], highest: 1 }],
  ["a turn failed", { "turn/000001": 60, "failed/a~1": 59 }, { failed: ["a"], highest: 1 }],
  ["a silent turn ended after all", { "turn/000001": 60, "ok/a~1": 20 }, {
    confirmed: ["a"],
    highest: 1,
  }],
  ["another turn of the same machine went well", {
    "turn/000001": 60,
    "failed/a~1": 59,
    "turn/000002": 30,
    "ok/a~2": 29,
  }, { confirmed: ["a"], highest: 2 }],
  ["another turn of the same machine went well in the same second", {
    "turn/000001": 60,
    "failed/a~1": 29,
    "turn/000002": 29,
    "ok/a~2": 29,
  }, { confirmed: ["a"], highest: 2 }],
  ["another turn of the same machine failed in the same second", {
    "ok/a~9": 29,
    "failed/a~10": 29,
  }, { failed: ["a"] }],
  ["the end of an earlier turn ends no later one", {
    "turn/000001": 9,
    "ok/a~1": 8,
    "turn/000002": 7,
    "turn/000003": 6,
  }, { confirmed: ["a"], unfinished: [2, 3], highest: 3 }],
  ["turns that have expired", { "turn/000007": 1 }, { unfinished: [7], highest: 7 }],
  ["several machines, by name", { "failed/c": 1, "failed/a": 1, "ok/b": 1, "try/d": 1 }, {
    confirmed: ["b"],
    failed: ["a", "c"],
    trying: ["d"],
  }],
];

for (const [sentence, given, told] of ROWS) {
  Deno.test(`readMarks(): ${sentence}`, () => assertEquals(marksOf(given), { ...NONE, ...told }));
}

Deno.test("a mark of the future, by a clock that went back, is of now", () => {
  assertEquals(marksOf({ "try/a": -60, "turn/000001": -60 }), {
    ...NONE,
    trying: ["a"],
    unfinished: [1],
    highest: 1,
  });
});

Deno.test("a rollout is halted from the number of failed machines on that it names", () => {
  const one = marksOf({ "failed/a": 1 });
  assertEquals([isHalted(one, { halt: 1 }), isHalted(one, { halt: 2 })], [true, false]);
  const two = marksOf({ "failed/a": 1, "turn/000001": 16 });
  assertEquals([isHalted(two, { halt: 2 }), isHalted(two, { halt: 3 })], [true, false]);
  assertEquals(isHalted(two, { halt: undefined }), false);
});

Deno.test("a turn is free while fewer than at-once are unfinished", () => {
  const marks = marksOf({ "turn/000001": 1, "turn/000002": 1, "ok/a~1": 1, "turn/000003": 1 });
  assertEquals([2, 3].map((atOnce) => freeTurn(marks, { atOnce })), [undefined, 4]);
  assertEquals(freeTurn(NONE, { atOnce: 1 }), 1);
});

Deno.test("a machine goes on with its own turn, with a free one, or without one", () => {
  const marks = marksOf({ "turn/000001": 1, "turn/000002": 16 });
  const ask = (own: number | undefined, atOnce: number | undefined, runsNothing = false): string =>
    knowledgeOf(marks, { rollout: { halt: 2, atOnce }, own, runsNothing }).turn;
  assertEquals(ask(1, 1), "have");
  assertEquals(ask(undefined, 1), "waiting");
  assertEquals(ask(2, 1), "waiting", "its own turn is silent, so it is finished");
  assertEquals(ask(undefined, 2), "have");
  assertEquals([ask(undefined, undefined), ask(undefined, 1, true)], [
    "none needed",
    "none needed",
  ]);
  assertEquals(
    knowledgeOf(marks, { rollout: { halt: 1, atOnce: 1 }, own: 1, runsNothing: false }).halted,
    true,
  );
});

/** A step of one machine: it looks, takes the turn that it saw to be free, or ends its own. */
interface Step {
  readonly machine: number;
  readonly does: "look" | "take" | "ok" | "failed" | "wait";
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  machine: fc.integer({ min: 0, max: 5 }),
  does: fc.constantFrom("look", "look", "take", "take", "ok", "failed", "wait"),
});

Deno.test("whatever the order of looks and writes, at most at-once turns are unfinished", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(anyStep, { maxLength: 80 }),
      (atOnce, steps) => {
        const marks = new Map<string, number>();
        const seen = new Map<number, number | undefined>();
        const own = new Map<number, number>();
        let now = NOW;
        const read = (): Marks =>
          readMarks([...marks].map(([name, modified]) => ({ name, modified })), now);
        for (const { machine, does } of steps) {
          const turn = own.get(machine);
          if (does === "wait") now += SILENCE / 4;
          if (does === "look") seen.set(machine, freeTurn(read(), { atOnce }));
          if ((does === "ok" || does === "failed") && turn !== undefined) {
            marks.set(markName({ kind: does, machine: `m${machine}`, turn }), now);
            own.delete(machine);
          }
          const free = seen.get(machine);
          if (does === "take" && free !== undefined) {
            const name = markName({ kind: "turn", turn: free });
            // Create-only: who comes second gets nothing.
            if (!marks.has(name)) own.set(machine, free);
            if (!marks.has(name)) marks.set(name, now);
            seen.delete(machine);
          }
          const { unfinished } = read();
          const holders = [...own.values()].filter((one) => unfinished.includes(one));
          assert(unfinished.length <= atOnce && holders.length <= atOnce);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("marks are read however many of them somebody writes", () => {
  const count = 200_000;
  const listed = Array.from({ length: count }, (_, i) => (
    { name: markName({ kind: "turn", turn: i + 1 }), modified: 0 }
  ));
  assertEquals(readMarks(listed, 0).highest, count);
});
