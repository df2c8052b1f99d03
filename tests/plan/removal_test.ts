/** The table of `src/plan/removal.ts`, line by line. */
import { assertEquals } from "../assert.ts";
import {
  protectedHere,
  protectedInBucket,
  removedBySync,
  type SyncRemovalFacts,
} from "../../src/plan/removal.ts";
import { anId } from "../names.ts";

const [A, B, C] = [anId("aaaaaa"), anId("bbbbbb"), anId("cccccc")];

const FACTS: SyncRemovalFacts = {
  remote: [A, B, C],
  local: [C, A, B],
  wanted: [],
  active: undefined,
  previous: undefined,
  held: undefined,
  activate: undefined,
};

const SYNC_CASES: [sentence: string, given: Partial<SyncRemovalFacts>, removed: typeof A[]][] = [
  ["removes what no line keeps, oldest first", {}, [A, B, C]],
  ["keeps the active one", { active: A }, [B, C]],
  ["keeps what the plan wants", { wanted: [A, C] }, [B]],
  ["keeps the held one", { held: B }, [A, C]],
  ["keeps the previous one", { active: A, previous: B }, [C]],
  ["keeps the active one as the previous one if another becomes active", {
    active: A,
    previous: B,
    activate: C,
  }, [B]],
  ["removes nothing while a jump is under way", { jumping: [A] }, []],
  ["removes nothing during a pause", { isPaused: true }, []],
  ["removes nothing if S3 shows no revision", { remote: [] }, []],
];

for (const [sentence, given, removed] of SYNC_CASES) {
  Deno.test(`a sync ${sentence}`, () => {
    assertEquals(removedBySync({ ...FACTS, ...given }), removed);
  });
}

Deno.test("a purge on a machine spares the active, the blessed and the previous one", () => {
  assertEquals(
    [...protectedHere({ active: A, blessed: B, previous: C })].sort(),
    [[A, "active"], [B, "blessed"], [C, "the previous one"]],
  );
  assertEquals([...protectedHere({ active: A, blessed: A, previous: undefined })], [[A, "active"]]);
  assertEquals(
    [...protectedHere({ active: undefined, blessed: A, previous: A })],
    [[A, "blessed"]],
  );
  assertEquals(
    protectedHere({ active: undefined, blessed: undefined, previous: undefined }).size,
    0,
  );
  const jumping = [A, B, C];
  assertEquals(
    [...protectedHere({ active: A, blessed: undefined, previous: C, jumping })].sort(),
    [[A, "active"], [B, "part of an unfinished jump"], [C, "the previous one"]],
  );
});

Deno.test("a purge in S3 spares the blessed one and the one that it replaced", () => {
  assertEquals(
    [...protectedInBucket({ blessed: A, replaced: B })].sort(),
    [[A, "blessed"], [B, "the previous one"]],
  );
  assertEquals([...protectedInBucket({ blessed: A, replaced: A })], [[A, "blessed"]]);
  assertEquals(protectedInBucket({ blessed: undefined, replaced: undefined }).size, 0);
});
