/** The words of `ftl-rollout`: what they mean, and that no junk among them lets a machine in. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import {
  cutAbove,
  formatRollout,
  parseRollout,
  type Rollout,
  roundCut,
} from "../../src/revision/rollout.ts";

const LEAST: Rollout = {
  id: 1795615200123,
  cut: 0.1,
  share: undefined,
  at: 1795615200,
  over: undefined,
  groups: [],
  atOnce: undefined,
  halt: undefined,
  of: undefined,
  state: "running",
  unknown: [],
  broken: undefined,
};
const WORDS = "id=1795615200123 cut=0.1 at=1795615200";

const READ: [text: string, wanted: Partial<Rollout>][] = [
  [WORDS, {}],
  [`${WORDS} over=7200`, { over: 7200 }],
  [`${WORDS} group=canary`, { groups: ["canary"] }],
  [`${WORDS} group=canary,eu-west-1a`, { groups: ["canary", "eu-west-1a"] }],
  [`${WORDS} at-once=2 halt=1 of=5000`, { atOnce: 2, halt: 1, of: 5000 }],
  [`${WORDS} share=0.25`, { share: 0.25 }],
  [`${WORDS} of=0`, { of: 0 }],
  [`${WORDS} state=paused`, { state: "paused" }],
  [`${WORDS} zone=a pace=slow=er later`, { unknown: ["zone=a", "pace=slow=er", "later"] }],
  ["at=1795615200 cut=0.1 id=1795615200123", {}],
  [`  ${WORDS.replaceAll(" ", "   ")} `, {}],
  [WORDS.replace("0.1", "0"), { cut: 0 }],
  [WORDS.replace("0.1", "1"), { cut: 1 }],
  [WORDS.replace("0.1", "1.000000000"), { cut: 1 }],
  [WORDS.replace("0.1", "0.123456789"), { cut: 0.123456789 }],
];

for (const [text, wanted] of READ) {
  Deno.test(`parseRollout() reads '${text}'`, () => {
    assertEquals(parseRollout(text), { ...LEAST, ...wanted });
  });
}

/** Each with the word that `broken` names. */
const JUNK: [text: string, broken: string, wanted?: Partial<Rollout>][] = [
  ["", "id", { id: 0, cut: 0, at: 0 }],
  ["cut=0.1 at=1795615200", "id", { id: 0 }],
  ["id=1795615200123 at=1795615200", "cut", { cut: 0 }],
  ["id=1795615200123 cut=0.1", "at", { at: 0 }],
  [WORDS.replace("id=1795615200123", "id=0"), "id=0", { id: 0 }],
  [WORDS.replace("id=1795615200123", "id=../x"), "id=../x", { id: 0 }],
  [WORDS.replace("id=1795615200123", "id=1234567890123456"), "id=1234567890123456", { id: 0 }],
  ...["", "2", "1.1", "-0.1", "10%", "1e-3", ".5", "0.", "0.1234567890", "NaN", "all"].map(
    (cut): [string, string, Partial<Rollout>] => [
      WORDS.replace("0.1", cut),
      `cut=${cut}`,
      { cut: 0 },
    ],
  ),
  [WORDS.replace("at=1795615200", "at=soon"), "at=soon", { at: 0 }],
  [`${WORDS} over=0`, "over=0"],
  [`${WORDS} over=2h`, "over=2h"],
  [`${WORDS} group=`, "group="],
  [`${WORDS} group=a,,b`, "group=a,,b"],
  [`${WORDS} group=a/b`, "group=a/b"],
  [`${WORDS} at-once=0`, "at-once=0"],
  [`${WORDS} at-once=10%`, "at-once=10%"],
  [`${WORDS} halt=0`, "halt=0"],
  [`${WORDS} halt=-1`, "halt=-1"],
  [`${WORDS} of=many`, "of=many"],
  [`${WORDS} state=running`, "state=running"],
  [`${WORDS} state=`, "state="],
  [`${WORDS} state`, "state"],
  [`${WORDS} cut=1`, "cut=1"],
  [`${WORDS} state=paused state=paused`, "state=paused"],
  [`zone=a ${WORDS} halt=x`, "halt=x", { unknown: ["zone=a"] }],
];

for (const [text, broken, wanted] of JUNK) {
  Deno.test(`parseRollout() pauses '${text}', and says that '${broken}' is wrong`, () => {
    assertEquals(parseRollout(text), { ...LEAST, state: "paused", ...wanted, broken });
  });
}

const FORMAT: [given: Partial<Rollout>, text: string][] = [
  [{}, WORDS],
  [{ cut: 0 }, WORDS.replace("0.1", "0")],
  [{ cut: 1 }, WORDS.replace("0.1", "1")],
  [{ cut: 0.5e-9 }, WORDS.replace("0.1", "0.000000001")],
  [{ cut: 0.1 + 0.2 }, WORDS.replace("0.1", "0.3")],
  [
    { over: 60, groups: ["a", "b"], atOnce: 3, halt: 2, of: 9, state: "paused", unknown: ["z=1"] },
    `${WORDS} over=60 group=a,b at-once=3 halt=2 of=9 state=paused z=1`,
  ],
];

for (const [given, text] of FORMAT) {
  Deno.test(`formatRollout() writes '${text}'`, () => {
    assertEquals(formatRollout({ ...LEAST, ...given }), text);
  });
}

const count = fc.integer({ min: 1, max: 999_999_999_999_999 });
const maybe = fc.option(count, { nil: undefined });
const group = fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,20}$/);
const share = fc.integer({ min: 0, max: 1e9 }).map((billionths) => billionths / 1e9);
const rollouts: fc.Arbitrary<Rollout> = fc.record({
  id: count,
  cut: share,
  share: fc.option(share, { nil: undefined }),
  at: count,
  over: maybe,
  groups: fc.array(group, { maxLength: 3 }),
  atOnce: maybe,
  halt: maybe,
  of: maybe,
  state: fc.constantFrom("running" as const, "paused" as const),
  unknown: fc.array(fc.stringMatching(/^x[!-~\u00e0-\u00ff]{0,12}$/), { maxLength: 3 }),
  broken: fc.constant(undefined),
});

Deno.test("every rollout comes back from its words", () => {
  fc.assert(fc.property(rollouts, (rollout) => {
    assertEquals(parseRollout(formatRollout(rollout)), rollout);
  }));
});

/** Right and wrong words, and characters that belong to none. */
const junk = fc.array(
  fc.oneof(
    fc.constantFrom(...WORDS.split(" "), "over=60", "group=a", "halt=1", "state=paused", "cut=1"),
    fc.tuple(
      fc.constantFrom("id", "cut", "at", "over", "group", "at-once", "halt", "of", "state", "x"),
      fc.constantFrom("=", ""),
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("0", "1", "-1", "1e9", "paused")),
    ).map((parts) => parts.join("")),
  ),
).map((words) => words.join(" "));

Deno.test("any text is a rollout, and a broken one stays paused when it is rewritten", () => {
  fc.assert(
    fc.property(junk, (text) => {
      const rollout = parseRollout(text);
      assert(rollout.broken === undefined || rollout.state === "paused", text);
      assert(rollout.cut >= 0 && rollout.cut <= 1, text);
      const words = formatRollout(rollout);
      const again = parseRollout(words);
      assertEquals(again.state, rollout.state);
      assertEquals(again.unknown, rollout.unknown);
      assertEquals(formatRollout(again), words);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("the cut above a rank is greater than it by at most a billionth, and can be written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (step) => {
      const rank = step / 2 ** 48;
      const cut = cutAbove(rank);
      assert(cut > rank && cut <= 1 && cut - rank <= 1.000001e-9, `${rank} ${cut}`);
      assertEquals(roundCut(cut), cut);
      assertEquals(parseRollout(formatRollout({ ...LEAST, cut })).cut, cut);
    }),
    { numRuns: 1000, examples: [[0], [2 ** 48 - 1], [2 ** 47]] },
  );
});
