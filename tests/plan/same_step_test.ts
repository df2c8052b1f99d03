/** Which steps of a rollout ask for what its words say already. */
import { assertEquals } from "../assert.ts";
import type { StageRequest } from "../../src/plan/blessing.ts";
import { asksTheSame } from "../../src/plan/same_step.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { AT, ID, N, pointer, rolloutOf, stage } from "./blessing_cases.ts";

const ROWS: [words: string, request: StageRequest, isSame: boolean][] = [
  ["cut=0.1 halt=2", { size: { percent: 10 } }, true],
  ["cut=0.1 halt=2", { size: { percent: 10 }, halt: 2 }, true],
  ["cut=0.1 halt=2", { size: { percent: 10 }, halt: 3 }, false],
  ["cut=0.1 halt=2", { size: { percent: 11 } }, false],
  ["cut=0.31 share=0.1", { size: { percent: 10 } }, true],
  ["cut=0.31 share=0.1", { size: { percent: 31 } }, false],
  ["cut=0.31 share=0.25", { size: { machines: 1 } }, true],
  ["cut=0.31 share=0.25", { size: { machines: 2 } }, false],
  ["cut=0.1 over=60", { size: { percent: 10 } }, false],
  ["cut=0.1 over=60", { size: { percent: 10 }, over: 60 }, true],
  ["cut=0.1 over=60", { over: 60 }, true],
  ["cut=0.1 over=60", { over: 61 }, false],
  ["cut=0.1", { over: 60 }, false],
  ["cut=0 group=a,b", { groups: ["b"] }, true],
  ["cut=0 group=a,b", { groups: ["b", "c"] }, false],
  ["cut=0.1 over=60", { halt: 1 }, false],
  ["cut=0.1 over=60 halt=1", { halt: 1 }, true],
  ["cut=1 at-once=2", { atOnce: 2 }, true],
  ["cut=1 at-once=2", { atOnce: 3 }, false],
  ["cut=1", { atOnce: 3 }, false],
  ["cut=0.1 state=paused", { pause: true }, true],
  ["cut=0.1", { pause: true }, false],
  ["cut=0.1 state=paused", { size: { percent: 10 } }, false],
  ["cut=0.1 over=60 state=paused", { over: 60 }, false],
  ["cut=0.1 group=a state=paused", { groups: ["a"] }, false],
  ["cut=0.1 halt=1 state=paused", { halt: 1 }, true],
  ["cut=0.1 halt=?", { size: { percent: 10 } }, false],
];

for (const [words, request, isSame] of ROWS) {
  Deno.test(`${JSON.stringify(request)} is ${isSame ? "the same as" : "another than"} ${words}`, () => {
    const rollout = parseRollout(`id=${ID} at=${AT} ${words}`);
    assertEquals(asksTheSame(request, rollout, { machines: 4 }), isSame);
  });
}

Deno.test("what a step has made is what the same step asks for", () => {
  const living = ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7"];
  const requests: StageRequest[] = [
    { size: { percent: 33.333 } },
    { size: { machines: 3 } },
    { size: { machines: 20 }, atOnce: 2 },
    { over: 7200, halt: 3 },
    { groups: ["canary"] },
    { size: { percent: 10 }, groups: ["canary"], over: 60 },
  ];
  for (const request of requests) {
    const rollout = rolloutOf(stage(N, request, { old: pointer(), living }));
    assertEquals(asksTheSame(request, rollout, { machines: 7 }), true, JSON.stringify(request));
  }
});
