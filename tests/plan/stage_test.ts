/** What a step of a rollout makes of the pointer. */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { type BlessingChange, type StageRequest, stageRollout } from "../../src/plan/blessing.ts";
import { cutAt, isIn, rankOf } from "../../src/plan/rollout.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import {
  AT,
  B,
  C,
  candidate,
  facts,
  ID,
  N,
  NOW,
  OLD,
  pointer,
  rolloutOf,
  SERIAL,
  SITE,
  stage,
} from "./blessing_cases.ts";

Deno.test("a rollout begins: what is blessed stays, and keeps the name of its blessing", () => {
  const change = stage(N, { size: { percent: 10 } });
  const { rollout, ...rest } = change;
  assertEquals<unknown>(rest, {
    ...{ ...candidate(B), replaced: OLD, serial: SERIAL, since: ID - 1, next: candidate(N) },
  });
  assertEquals(rollout, parseRollout(`id=${SERIAL} cut=0.1 at=${AT} halt=1`));
});

Deno.test("a blessing of FTL 0.1.0 gets a name by the first step, and no other one by the next", () => {
  const old = { ...pointer(), since: undefined };
  const first = { ...stage(N, { size: { percent: 10 } }, { old }), note: {} };
  const request = { size: { percent: 20 } };
  const later = { ...facts(first), serial: SERIAL + 9, request, again: false, living: [] };
  const second = stageRollout(candidate(N), later);
  assertEquals([first.since, second.since, second.serial], [SERIAL, SERIAL, SERIAL + 9]);
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
