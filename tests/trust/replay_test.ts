/** Old blessings that are put back, row by row of the table in `replay.ts`. */
import { assertEquals } from "../assert.ts";
import { judgeReplay, type ReplayFacts, type ReplayVerdict } from "../../src/trust/replay.ts";

const NOW = Date.UTC(2026, 10, 25, 14);
const DAY = 86_400_000;
const A = "a".repeat(64);
const B = "b".repeat(64);

const ROWS: [
  why: string,
  serial: number,
  known: ReplayFacts["known"],
  floor: number | undefined,
  verdict: ReplayVerdict,
][] = [
  ["the first one that a machine sees", 1000, undefined, undefined, "current"],
  ["a newer one", 1001, { serial: 1000, statement: B }, undefined, "current"],
  ["the same one again", 1000, { serial: 1000, statement: A }, undefined, "current"],
  ["another one with the same serial", 1000, { serial: 1000, statement: B }, undefined, "another"],
  ["an older one", 999, { serial: 1000, statement: B }, undefined, "older"],
  ["an older one with the same statement", 999, { serial: 1000, statement: A }, undefined, "older"],
  ["one at the floor", 1000, undefined, 1000, "current"],
  ["one below the floor", 999, undefined, 1000, "too-old"],
  ["a newer one below the floor", 1001, { serial: 1000, statement: A }, 2000, "too-old"],
  ["one that is a day ahead", NOW + DAY, undefined, undefined, "current"],
  ["one that is further ahead", NOW + DAY + 1, undefined, undefined, "from-the-future"],
  [
    "the known one, far ahead of a clock that is wrong",
    NOW + 2 * DAY,
    {
      serial: NOW + 2 * DAY,
      statement: A,
    },
    undefined,
    "current",
  ],
  [
    "another one, far ahead",
    NOW + 2 * DAY,
    { serial: NOW + 2 * DAY, statement: B },
    undefined,
    "from-the-future",
  ],
  [
    "the known one below a floor that was raised",
    1000,
    { serial: 1000, statement: A },
    1001,
    "too-old",
  ],
];

Deno.test("a newer blessing that goes on from an older one than the known one is older", () => {
  const known = { serial: 1000, statement: B };
  const judged = (follows?: number) =>
    judgeReplay({
      ...{ statement: { time: 2000, sha256: A }, follows, known, floor: undefined, now: NOW },
    });
  assertEquals([undefined, 999, 1000, 1500].map(judged), [
    "current",
    "older",
    "current",
    "current",
  ]);
});

for (const [why, time, known, floor, verdict] of ROWS) {
  Deno.test(`a blessing is ${verdict}: ${why}`, () => {
    const statement = { time, sha256: A };
    assertEquals(judgeReplay({ statement, known, floor, now: NOW }), verdict);
  });
}
