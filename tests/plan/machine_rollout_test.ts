/** What a person is told of a rollout on one machine. */
import { assertEquals } from "../assert.ts";
import { percentAt, WAITING_REASONS, waitingText } from "../../src/plan/machine_rollout.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { aName } from "../names.ts";

Deno.test("percentAt() has two decimals, and is 100 only where all machines are in", () => {
  const cuts: [cut: string, percent: number][] = [
    ["0", 0],
    ["0.000000001", 0],
    ["0.29", 29],
    ["0.57", 57],
    ["0.333333334", 33.33],
    ["0.999999999", 99.99],
    ["1", 100],
  ];
  for (const [cut, percent] of cuts) {
    assertEquals(percentAt(parseRollout(`id=1 at=0 cut=${cut}`), 0), percent, cut);
  }
});

Deno.test("each reason to wait has words of its own", () => {
  const shown = { candidate: aName("a.VZ5vQk8aR4G"), percent: 10, rank: 42.5, cut: 12.5 };
  const texts = WAITING_REASONS.map((waiting) => waitingText({ ...shown, waiting }));
  assertEquals(new Set(texts).size, WAITING_REASONS.length);
  assertEquals(
    waitingText({ ...shown, waiting: "rank" }),
    "the rollout takes machines below 12.5 %, and this one is at 42.5 %",
  );
  assertEquals(waitingText({ ...shown, waiting: undefined }), undefined);
});
