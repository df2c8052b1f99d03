/** Marks in a bucket. */
import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import {
  fetchMarks,
  fetchTurnHolder,
  putMark,
  type RolloutPlace,
  takeTurn,
} from "../../src/catalog/marks.ts";
import { StorageError } from "../../src/errors.ts";
import { SILENCE } from "../../src/plan/marks.ts";
import type { Mark } from "../../src/revision/marks.ts";
import { aPackage } from "../names.ts";

const PLACE: RolloutPlace = { package: aPackage("a"), id: 1795615200123 };
const OTHER: RolloutPlace = { ...PLACE, id: 1795615200124 };
/** A machine's clock that is far off. */
const WRONG = (): number => 0;

async function put(bucket: MemoryBucket, machine: string, mark: Mark): Promise<void> {
  await putMark(bucket, PLACE, { machine, mark });
}

Deno.test("marks are found by their rollout, and their age is by the store's clock", async () => {
  const bucket = new MemoryBucket("deploys");
  let now = Date.now();
  bucket.now = () => now;
  await put(bucket, "i-1", { kind: "try", machine: "i-1" });
  await put(bucket, "i-2", { kind: "failed", machine: "i-2" });
  await putMark(bucket, OTHER, { machine: "i-3", mark: { kind: "failed", machine: "i-3" } });
  const { failed, trying } = await fetchMarks(bucket, PLACE, WRONG);
  assertEquals([failed, trying], [["i-2"], ["i-1"]]);
  assertEquals(
    (await bucket.list("")).map(({ key }) => key),
    [
      ".ftl/rollout/a/1795615200123/failed/i-2",
      ".ftl/rollout/a/1795615200123/try/i-1",
      ".ftl/rollout/a/1795615200124/failed/i-3",
    ],
  );
  now += SILENCE + 1;
  assertEquals((await fetchMarks(bucket, PLACE, WRONG)).failed, ["i-1", "i-2"]);
  // It is written again, so the machine is not silent.
  await put(bucket, "i-1", { kind: "try", machine: "i-1" });
  assertEquals((await fetchMarks(bucket, PLACE, WRONG)).trying, ["i-1"]);
});

Deno.test("a turn is taken by one machine only, whose name the mark has", async () => {
  const bucket = new MemoryBucket("deploys");
  const taken = await Promise.all(
    ["i-1", "i-2", "i-3"].map((machine) => takeTurn(bucket, PLACE, { turn: 1, machine })),
  );
  assertEquals(taken.filter((one) => one).length, 1);
  const holder = `i-${taken.indexOf(true) + 1}`;
  assertEquals(await fetchTurnHolder(bucket, PLACE, 1), holder);
  assertEquals(await fetchTurnHolder(bucket, PLACE, 2), undefined);
  assertEquals((await fetchMarks(bucket, PLACE, WRONG)).unfinished, [1]);
});

Deno.test("what is denied is named: the request, the keys, and where the rights are", async () => {
  const bucket = new MemoryBucket("deploys");
  const attempts: [method: string, attempt: () => Promise<unknown>, named: string][] = [
    ["list", () => fetchMarks(bucket, PLACE, WRONG), "s3://deploys/.ftl/rollout/a/1795615200123/:"],
    ["put", () => put(bucket, "i-1", { kind: "ok", machine: "i-1" }), "/ok/i-1:"],
    ["put", () => takeTurn(bucket, PLACE, { turn: 1, machine: "i-1" }), "/turn/000001:"],
    ["getSmall", () => fetchTurnHolder(bucket, PLACE, 1), "/turn/000001:"],
  ];
  for (const [method, attempt, named] of attempts) {
    bucket.deny(method, 1);
    const error = await assertRejects(attempt, StorageError, named);
    assertEquals(error.reason, "denied");
    assertMatch(error.hint ?? "", /ftl setup iam machine/);
  }
});
