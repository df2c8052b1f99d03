/** What a change of the pointer makes of it: each row of the table, and what always holds. */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import {
  blessForAll,
  type BlessingChange,
  hasArrived,
  type StageRequest,
  stageRollout,
  stopRollout,
} from "../../src/plan/blessing.ts";
import { cutAt, isIn, rankOf } from "../../src/plan/rollout.ts";
import { parseRollout, type Rollout } from "../../src/revision/rollout.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import type { Blessing, Candidate } from "../../src/revision/pointer.ts";
import { anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, B, N, C] = ["VZ4vQk8aR4G", "VZ5vQk8aR4G", "VZ6vQk8aR4G", "VZ7vQk8aR4G"].map(anId) as [
  RevisionId,
  RevisionId,
  RevisionId,
  RevisionId,
];
const ID = 1795615200123;
/** Unix seconds. */
const AT = 1795615200;
/** The serial of the change. */
const SERIAL = ID + 5000;

function candidate(id: RevisionId): Candidate {
  return { id, object: { key: `my_site.${id}.tgz`, sha256: undefined, size: 1 } };
}

function pointer(words?: string): Blessing {
  const rollout = words === undefined ? {} : {
    next: candidate(N),
    rollout: parseRollout(`id=${ID} at=${AT} ${words}`),
  };
  const note = { by: "ann@laptop" };
  return { ...candidate(B), replaced: OLD, note, serial: ID, since: ID - 1, ...rollout };
}

const NOW = AT * 1000;
const facts = (old: Blessing | undefined, now = NOW) => ({
  ...{ package: SITE, old, serial: SERIAL, now, halted: false },
});

function forAll(id: RevisionId, old?: Blessing, again = false): BlessingChange | undefined {
  return blessForAll(candidate(id), { ...facts(old), again });
}

interface Staged {
  readonly old?: Blessing;
  readonly again?: boolean;
  readonly living?: readonly string[];
  readonly now?: number;
}

function stage(
  id: RevisionId,
  request: StageRequest,
  { old = pointer(), again = false, living = [], now = NOW }: Staged = {},
): BlessingChange {
  const machines = living.map((machine) => ({ machine, host: undefined, groups: [] }));
  return stageRollout(candidate(id), { ...facts(old, now), request, again, living: machines });
}

function rolloutOf(change: BlessingChange): Rollout {
  assert(change.rollout !== undefined);
  return change.rollout;
}

Deno.test("blessing for all machines, row by row", () => {
  const fresh = (id: RevisionId, since = SERIAL) => ({ ...candidate(id), serial: SERIAL, since });
  const rows: [sentence: string, change: BlessingChange | undefined, wanted: unknown][] = [
    ["the first one", forAll(B), { ...fresh(B), replaced: undefined }],
    ["another one", forAll(C, pointer()), { ...fresh(C), replaced: B }],
    ["the blessed one", forAll(B, pointer()), undefined],
    ["the blessed one again", forAll(B, pointer(), true), { ...fresh(B), replaced: OLD }],
    ["the candidate", forAll(N, pointer("cut=0.1")), { ...fresh(N, ID), replaced: B }],
    ["the candidate again", forAll(N, pointer("cut=0.1"), true), { ...fresh(N), replaced: B }],
    ["beside a rollout", forAll(C, pointer("cut=0.1")), { ...fresh(C), replaced: B }],
    ["after a rollout", forAll(C, pointer("cut=1")), { ...fresh(C), replaced: N }],
    ["after a paused one", forAll(C, pointer("cut=1 state=paused")), { ...fresh(C), replaced: B }],
    ["back after a rollout", forAll(B, pointer("cut=1")), { ...fresh(B), replaced: N }],
    ["the blessed one beside a rollout", forAll(B, pointer("cut=0.1")), {
      ...{ ...candidate(B), replaced: OLD, serial: SERIAL, since: ID - 1, stopped: N },
    }],
  ];
  for (const [sentence, change, wanted] of rows) assertEquals<unknown>(change, wanted, sentence);
});

Deno.test("a rollout begins: what is blessed stays, and keeps the name of its blessing", () => {
  const change = stage(N, { size: { percent: 10 } });
  const { rollout, ...rest } = change;
  assertEquals<unknown>(rest, {
    ...{ ...candidate(B), replaced: OLD, serial: SERIAL, since: ID - 1, next: candidate(N) },
  });
  assertEquals(rollout, parseRollout(`id=${SERIAL} cut=0.1 at=${AT} halt=1`));
});

Deno.test("a rollout of another one replaces it; one that has arrived counts as a blessing", () => {
  const beside = stage(C, { size: { percent: 10 } }, { old: pointer("cut=0.5") });
  assertEquals([beside.id, beside.next?.id, beside.rollout?.id], [B, C, SERIAL]);
  const after = stage(C, { size: { percent: 10 } }, { old: pointer("cut=1") });
  assertEquals([after.id, after.replaced, after.since, after.next?.id], [N, B, ID, C]);
  const back = stage(B, { size: { percent: 10 } }, { old: pointer("cut=1") });
  assertEquals([back.id, back.replaced, back.next?.id], [N, B, B]);
});

Deno.test("the next step of a rollout keeps its id, and what it does not name", () => {
  const old = pointer("cut=0.2 over=1000 group=canary at-once=2 halt=3 later=1");
  const now = NOW + 500_000;
  const step = (request: StageRequest, again = false): string => {
    const { id, cut, at, over, groups, atOnce, halt, state, unknown } = rolloutOf(
      stage(N, request, { old, now, again }),
    );
    const rest = [groups.join(), atOnce, halt, unknown.join(), id === ID ? "same" : id];
    return [cut, at - AT, over, state, ...rest].map((one) => one || one === 0 ? one : "-").join(
      " ",
    );
  };
  const [kept, later] = ["canary 2 3 later=1 same", 500];
  assertEquals(step({ size: { percent: 50 } }), `0.5 ${later} - running ${kept}`);
  assertEquals(step({ over: 60 }), `0.6 ${later} 60 running ${kept}`);
  assertEquals(step({ size: { percent: 50 }, over: 60 }), `0.5 ${later} 60 running ${kept}`);
  assertEquals(step({ pause: true }), `0.6 ${later} - paused ${kept}`);
  assertEquals(step({ halt: 5 }), "0.2 0 1000 running canary 2 5 later=1 same");
  assertEquals(step({ atOnce: 1 }), "0.2 0 1000 running canary 1 3 later=1 same");
  assertEquals(step({ groups: ["eu"] }), "0.2 0 1000 running canary,eu 2 3 later=1 same");
});

Deno.test("a rollout once more has another id, and all else of it stays: it does not come to more machines", () => {
  const again = { again: true, now: NOW + 500_000 };
  const words = "over=1000 group=canary at-once=2 halt=3 later=1";
  const step = (request: StageRequest, old = pointer(`cut=0.2 ${words}`)): string => {
    const { id, ...rest } = rolloutOf(stage(N, request, { ...again, old }));
    assertEquals(id, SERIAL);
    const { cut, over = "-", groups, atOnce, halt, state, unknown } = rest;
    return [cut, over, state, groups, atOnce, halt, unknown].join(" ");
  };
  assertEquals(step({ size: { percent: 50 } }), "0.5 - running canary 2 3 later=1");
  assertEquals(step({ over: 60 }), "0.6 60 running canary 2 3 later=1");
  assertEquals(step({ halt: 5 }), "0.6 - running canary 2 5 later=1");
  assertEquals(step({ pause: true }), "0.6 - paused canary 2 3 later=1");
  const paused = pointer(`cut=0.2 ${words} state=paused`);
  assertEquals(step({ atOnce: 1 }, paused), "0.2 - paused canary 1 3 later=1");
  assertEquals(step({ groups: ["eu"] }, paused), "0.2 - running canary,eu 2 3 later=1");
});

Deno.test("a rollout once more takes as many machines as before, in their new order", () => {
  const living = Array.from({ length: 10 }, (_, n) => `i-${n}`);
  const old = { ...stage(N, { size: { machines: 3 } }, { living }), note: {} };
  const { rollout } = stage(N, { halt: 2 }, { old, living, again: true, now: NOW + 1000 });
  assert(rollout !== undefined);
  const order = { package: SITE, id: rollout.id };
  assertEquals(living.filter((machine) => rankOf(machine, order) < rollout.cut).length, 3);
});

Deno.test("groups and a time begin with nobody else, --at-once and --halt alone with all", () => {
  const cut = (request: StageRequest): number => rolloutOf(stage(N, request)).cut;
  assertEquals([cut({ groups: ["canary"] }), cut({ over: 60 })], [0, 0]);
  assertEquals([cut({ atOnce: 1 }), cut({ halt: 1 })], [1, 1]);
});

Deno.test("words that do not parse let nobody in; the next step mends them", () => {
  const old = pointer("cut=ten halt=2");
  assertEquals(rolloutOf(stage(N, { halt: 3 }, { old })).state, "paused");
  const mended = rolloutOf(stage(N, { size: { percent: 20 } }, { old }));
  assertEquals([mended.state, mended.cut, mended.id, mended.broken], [
    "running",
    0.2,
    ID,
    undefined,
  ]);
});

Deno.test("a group ends the pause of words that do not parse, and lets in no others", () => {
  for (const words of ["cut=ten over=100", "cut=0.1 over=100 state=frozen"]) {
    const request = { groups: ["canary"] };
    const now = NOW + 3_600_000;
    const rollout = rolloutOf(stage(N, request, { old: pointer(words), now }));
    assertEquals([rollout.state, rollout.groups], ["running", ["canary"]]);
    assert(cutAt(rollout, now + 3_600_000) <= 0.1, words);
  }
});

Deno.test("what machines could not read is not written", () => {
  const requests: StageRequest[] = [
    { over: 0 },
    { over: 0.5 },
    { halt: 0 },
    { size: { percent: -1 } },
    { size: { percent: 101 } },
    { size: { percent: NaN } },
    { groups: ["a cut=1"] },
  ];
  for (const request of requests) {
    assertThrows(() => stage(N, request), UsageError, "No rollout can have");
  }
});

Deno.test("the number of machines that halts a rollout is 2 % of them, at least 1", () => {
  const halt = (count: number): number | undefined => {
    const living = Array.from({ length: count }, (_, n) => `i-${n}`);
    return rolloutOf(stage(N, { size: { percent: 10 } }, { living })).halt;
  };
  assertEquals([0, 3, 99, 100, 1000].map(halt), [1, 1, 1, 2, 20]);
});

Deno.test("what cannot be a rollout is refused", () => {
  const first = () => stageRollout(candidate(N), { ...facts(undefined), ...STAGE });
  assertThrows(first, UsageError, "Nothing is blessed");
  assertThrows(() => stage(B, { size: { percent: 1 } }), UsageError, "blessed for all machines");
  assertThrows(() => stage(N, { pause: true }), UsageError, "There is no rollout");
  const other = pointer("cut=0.5");
  assertThrows(() => stage(C, { pause: true }, { old: other }), UsageError, "There is no rollout");
});

const STAGE = { request: { size: { percent: 10 } }, again: false, living: [] } as const;

Deno.test("a stopped rollout leaves what is blessed as it is", () => {
  assertEquals<unknown>(stopRollout({ old: pointer("cut=0.5"), serial: SERIAL }), {
    ...{ ...candidate(B), replaced: OLD, serial: SERIAL, since: ID - 1, stopped: N },
  });
  assertEquals(stopRollout({ old: pointer(), serial: SERIAL }), undefined);
});

Deno.test("a greater size only adds machines, and is exact for those that are known", () => {
  const machines = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(machines, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (
      living,
      first,
      second,
    ) => {
      const small = stage(N, { size: { percent: Math.min(first, second) } }, { living });
      const note = {};
      const old = { ...small, note };
      const large = stage(N, { size: { percent: Math.max(first, second) } }, { old, living });
      const taken = ({ rollout }: BlessingChange): string[] =>
        living.filter((machine) => {
          const member = { package: SITE, machine, groups: [], active: B, next: N, now: NOW };
          return rollout !== undefined && isIn(rollout, member);
        });
      const [few, many] = [taken(small), taken(large)];
      assertEquals(
        few.length,
        Math.max(1, Math.ceil(living.length * Math.min(first, second) / 100)),
      );
      assert(few.every((machine) => many.includes(machine)));
    }),
  );
});

Deno.test("a rollout has arrived if all machines may take it by now", () => {
  const rollout = parseRollout(`id=${ID} at=${AT} cut=0.5 over=100`);
  const arrived = (words: string, { now = NOW + 100_000, halted = false } = {}): boolean =>
    hasArrived(parseRollout(`id=${ID} at=${AT} ${words}`), { now, halted });
  assertEquals([arrived("cut=0.5 over=100"), arrived("cut=0.5 over=100", { now: NOW })], [
    true,
    false,
  ]);
  assertEquals([arrived("cut=1"), arrived("cut=1", { halted: true })], [true, false]);
  assertEquals([arrived("cut=1 at-once=2"), arrived("cut=1 state=paused")], [false, false]);
  assertEquals(cutAt(rollout, NOW + 50_000), 0.75);
});
