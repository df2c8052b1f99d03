/** What is blessed for one machine while a rollout is under way: each row of the table, and what always holds. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import {
  effective,
  type EffectiveFacts,
  type StagedPointer,
  type Waiting,
} from "../../src/plan/effective.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import { parseRollout, type Rollout } from "../../src/revision/rollout.ts";
import { anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, B, N] = [anId("VZ4vQk8aR4G"), anId("VZ5vQk8aR4G"), anId("VZ6vQk8aR4G")];
const ID = 1795615200123;
/** Unix seconds. */
const AT = 1795615200;
const RANK = rankOf("i-0abc", { package: SITE, id: ID });

function rolloutOf(words: string): Rollout {
  return parseRollout(`id=${ID} at=${AT} ${words}`);
}

const NEXT = { id: N, object: { key: `my_site.${N}.tgz`, sha256: undefined, size: 1 } };
const STABLE = { blessed: B, replaced: OLD, blessing: "1795000000000" };
const POINTER: StagedPointer = { ...STABLE, next: NEXT, rollout: rolloutOf("cut=1 halt=1") };

/** Of a machine that has the candidate, is in, and need not wait. */
const READY: EffectiveFacts = {
  package: SITE,
  machine: "i-0abc",
  groups: [],
  now: AT * 1000,
  active: B,
  has: true,
  quarantined: false,
  halted: false,
  turn: "none needed",
};

interface Given extends Partial<EffectiveFacts> {
  /** Of the rollout. */
  readonly words?: string;
}

const OUT = "cut=0.1 halt=1";
const ATONCE = "cut=1 at-once=1";

/** The rows in which the machine stays on the blessed one, or goes back to it. */
const WAITING: [sentence: string, given: Given, waiting: Waiting][] = [
  ["N is neither here nor in S3", { has: false }, { reason: "missing" }],
  ["N is missing, though it is active", { has: false, active: N }, { reason: "missing" }],
  ["N is missing, and in quarantine", { has: false, quarantined: true }, { reason: "missing" }],
  ["N is in quarantine", { quarantined: true }, { reason: "quarantined" }],
  [
    "N is in quarantine, and active as there was no way back",
    { quarantined: true, active: N },
    { reason: "quarantined" },
  ],
  ["its rank is not below the cut", { words: OUT }, { reason: "rank", rank: RANK, cut: 0.1 }],
  [
    "its rank is not below the cut, and nothing runs",
    { words: OUT, active: undefined },
    { reason: "rank", rank: RANK, cut: 0.1 },
  ],
  [
    "the cut has not grown far enough",
    { words: "cut=0 over=1000", now: (AT + 250) * 1000 },
    { reason: "rank", rank: RANK, cut: 0.25 },
  ],
  [
    "it is out, whatever marks and turns say",
    { words: OUT, halted: true, turn: "have" },
    { reason: "rank", rank: RANK, cut: 0.1 },
  ],
  ["the rollout is paused", { words: "cut=1 state=paused" }, { reason: "paused" }],
  [
    "the rollout is paused, also for groups",
    { words: "cut=1 group=a state=paused", groups: ["a"] },
    { reason: "paused" },
  ],
  ["a word does not parse", { words: "cut=1 halt=all" }, { reason: "paused" }],
  ["the rollout is halted", { halted: true }, { reason: "halted" }],
  ["it is halted, also for who has a turn", { halted: true, turn: "have" }, { reason: "halted" }],
  ["it is halted, also where nothing runs", { halted: true, active: undefined }, {
    reason: "halted",
  }],
  ["marks are unknown, and there is halt", { halted: "unknown" }, { reason: "marks unknown" }],
  [
    "marks are unknown, and there is at-once",
    { words: ATONCE, halted: "unknown", turn: "have" },
    { reason: "marks unknown" },
  ],
  ["it has no turn", { words: ATONCE, turn: "waiting" }, { reason: "turn" }],
];

for (const [sentence, { words, ...given }, waiting] of WAITING) {
  Deno.test(`effective() is the blessed one: ${sentence}`, () => {
    const pointer = words === undefined ? POINTER : { ...POINTER, rollout: rolloutOf(words) };
    const found = effective(pointer, { ...READY, ...given });
    assertEquals(found, { ...STABLE, candidate: NEXT, waiting });
  });
}

const TAKEN: [sentence: string, given: Given][] = [
  ["it is in", {}],
  ["it is in by its group", { words: "cut=0 group=canary", groups: ["canary"] }],
  ["the cut has grown", { words: "cut=0.2 over=1000", now: (AT + 900) * 1000 }],
  ["it is in, and nothing runs", { active: undefined }],
  ["it is in, and something else runs", { active: OLD }],
  ["it has a turn", { words: ATONCE, turn: "have" }],
  ["marks are unknown, but the rollout asks for none", { words: "cut=1", halted: "unknown" }],
  ["it runs N", { active: N }],
  ["it runs N, the cut was lowered", { active: N, words: "cut=0" }],
  ["it runs N, the rollout is paused", { active: N, words: "cut=0 state=paused" }],
  ["it runs N, a word does not parse", { active: N, words: "cut=x" }],
  ["it runs N, the rollout is halted", { active: N, halted: true }],
  ["it runs N, marks are unknown", { active: N, halted: "unknown" }],
  ["it runs N, others wait for a turn", { active: N, words: ATONCE, turn: "waiting" }],
];

for (const [sentence, { words, ...given }] of TAKEN) {
  Deno.test(`effective() is the candidate: ${sentence}`, () => {
    const pointer = words === undefined ? POINTER : { ...POINTER, rollout: rolloutOf(words) };
    const found = effective(pointer, { ...READY, ...given });
    assertEquals(found, { blessed: N, replaced: B, blessing: String(ID), candidate: NEXT });
  });
}

const NONE: [sentence: string, pointer: Partial<StagedPointer>][] = [
  ["there is no candidate and no rollout", { next: undefined, rollout: undefined }],
  ["there is a candidate without words", { rollout: undefined }],
  ["there are words without a candidate", { next: undefined }],
  ["the candidate is the blessed one", { next: { id: B, object: undefined } }],
];

for (const [sentence, pointer] of NONE) {
  Deno.test(`effective() is what the pointer says: ${sentence}`, () => {
    for (const active of [undefined, OLD, B, N]) {
      assertEquals(effective({ ...POINTER, ...pointer }, { ...READY, active }), STABLE);
    }
  });
}

const flag = fc.boolean();
const anyFacts: fc.Arbitrary<EffectiveFacts> = fc.record({
  package: fc.constant(SITE),
  machine: fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,20}$/),
  groups: fc.array(fc.constantFrom("a", "b")),
  now: fc.integer({ min: -1000, max: 5000 }).map((seconds) => (AT + seconds) * 1000),
  active: fc.constantFrom(undefined, OLD, B, N),
  has: flag,
  quarantined: flag,
  halted: fc.constantFrom(true, false, "unknown" as const),
  turn: fc.constantFrom("none needed" as const, "have" as const, "waiting" as const),
});
const anyWords = fc.subarray(["over=1000", "group=b", "halt=1", "at-once=1", "state=paused", "x=1"])
  .chain((words) => fc.double({ min: 0, max: 1, noNaN: true }).map((cut) => ({ words, cut })))
  .map(({ words, cut }) => rolloutOf([`cut=${cut.toFixed(9)}`, ...words].join(" ")));

Deno.test("effective() is B or N, tells why it is not N, and always wants N", () => {
  fc.assert(
    fc.property(anyWords, anyFacts, (rollout, facts) => {
      const found = effective({ ...POINTER, rollout }, facts);
      assertEquals(found.candidate, NEXT);
      assertEquals(found.blessed, found.waiting === undefined ? N : B);
      assertEquals(found.replaced, found.waiting === undefined ? B : OLD);
      assertEquals(found.blessing, found.waiting === undefined ? String(ID) : STABLE.blessing);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("effective() takes nobody from a candidate that is whole and healthy", () => {
  fc.assert(
    fc.property(anyWords, anyFacts, (rollout, facts) => {
      const found = effective({ ...POINTER, rollout }, {
        ...facts,
        active: N,
        has: true,
        quarantined: false,
      });
      assertEquals(found.blessed, N);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("effective() lets nobody new in while the rollout is paused, halted, or has no turn for it", () => {
  fc.assert(
    fc.property(anyWords, anyFacts, flag, (rollout, facts, halted) => {
      const stopped: Rollout = halted ? rollout : { ...rollout, state: "paused" };
      const active = facts.active === N ? B : facts.active;
      const others = { ...facts, active, halted: halted ? true : facts.halted };
      assertEquals(effective({ ...POINTER, rollout: stopped }, others).blessed, B);
      const waits = { ...facts, active, turn: "waiting" as const };
      assertEquals(effective({ ...POINTER, rollout }, waits).blessed, B);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("the machine of these tests has a rank between the cuts that they use", () => {
  assert(RANK > 0.25 && RANK < 0.9, `${RANK}`);
});
