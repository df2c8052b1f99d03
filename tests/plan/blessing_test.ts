/** What a blessing makes of the pointer, and what a rollout that has arrived counts as. */
import { assertEquals } from "../assert.ts";
import {
  blessForAll,
  type BlessingChange,
  hasArrived,
  stopRollout,
} from "../../src/plan/blessing.ts";
import { cutAt } from "../../src/plan/rollout.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import type { OldTrust } from "../../src/revision/pointer.ts";
import {
  AT,
  B,
  C,
  candidate,
  facts,
  forAll,
  ID,
  N,
  NOW,
  OLD,
  pointer,
  SERIAL,
  stage,
} from "./blessing_cases.ts";

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

Deno.test("blessing over a pointer that is not trusted, row by row", () => {
  const over = (id: RevisionId, trust: OldTrust, { again = false, words = "cut=1" } = {}) =>
    blessForAll(candidate(id), { ...facts(pointer(words)), trust, again });
  const fresh = (id: RevisionId, since = SERIAL) => ({ ...candidate(id), serial: SERIAL, since });
  const rows: [sentence: string, change: BlessingChange | undefined, wanted: unknown][] = [
    ["another one", over(C, "refused"), { ...fresh(C), replaced: B }],
    ["the candidate", over(N, "unsigned"), { ...fresh(N), replaced: B }],
    ["the blessed one", over(B, "unsigned"), { ...fresh(B, ID - 1), replaced: OLD }],
    ["the blessed one again", over(B, "unsigned", { again: true }), { ...fresh(B), replaced: OLD }],
    ["the blessed one, changed", over(B, "refused"), { ...fresh(B), replaced: OLD }],
    ["one that is trusted", over(C, "trusted"), { ...fresh(C), replaced: N }],
  ];
  for (const [sentence, change, wanted] of rows) assertEquals<unknown>(change, wanted, sentence);
});

Deno.test("a rollout of another one replaces it; one that has arrived counts as a blessing", () => {
  const beside = stage(C, { size: { percent: 10 } }, { old: pointer("cut=0.5") });
  assertEquals([beside.id, beside.next?.id, beside.rollout?.id], [B, C, SERIAL]);
  const after = stage(C, { size: { percent: 10 } }, { old: pointer("cut=1") });
  assertEquals([after.id, after.replaced, after.since, after.next?.id], [N, B, ID, C]);
  const back = stage(B, { size: { percent: 10 } }, { old: pointer("cut=1") });
  assertEquals([back.id, back.replaced, back.next?.id], [N, B, B]);
});

Deno.test("a stopped rollout leaves what is blessed as it is", () => {
  assertEquals<unknown>(stopRollout({ old: pointer("cut=0.5"), serial: SERIAL }), {
    ...{ ...candidate(B), replaced: OLD, serial: SERIAL, since: ID - 1, stopped: N },
  });
  assertEquals(stopRollout({ old: pointer(), serial: SERIAL }), undefined);
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
