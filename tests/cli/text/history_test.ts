/** The lines of a history, as docs/fleets.md shows them. */
import { paintFor } from "../../../src/cli/terminal/paint.ts";
import { historyLines } from "../../../src/cli/text/history.ts";
import type { HistoryChange } from "../../../src/commands/history.ts";
import { assertEquals } from "../../assert.ts";
import { aName, aPackage } from "../../names.ts";

const [OLD, NEXT] = [aName("my_site.Vc53MQHDkeM"), aName("my_site.Vc53NEzrgcn")];

const BLESSED: HistoryChange = {
  action: "blessed",
  at: "2026-11-25T09:30:03.000Z",
  by: "ann@laptop",
  message: undefined,
  blessed: OLD,
  before: undefined,
  next: undefined,
  percent: undefined,
  groups: [],
  over: undefined,
  paused: false,
  done: true,
};
const STEP: HistoryChange = { ...BLESSED, action: "rollout", next: NEXT, percent: 10 };

const CASES: readonly [change: HistoryChange, what: string][] = [
  [BLESSED, `blessed ${OLD}`],
  [{ ...BLESSED, before: NEXT }, `blessed ${OLD}, was ${NEXT}`],
  [{ ...BLESSED, done: false }, `blessed ${OLD} (not completed)`],
  [
    { ...BLESSED, action: "restored", before: NEXT },
    `${OLD} is blessed again: ${NEXT} had been removed`,
  ],
  [STEP, `rollout of ${NEXT}: 10 %; the others stay on ${OLD}`],
  [{ ...STEP, paused: true }, `rollout of ${NEXT}: paused at 10 %; the others stay on ${OLD}`],
  [
    { ...STEP, over: 28_800, groups: ["canary", "eu"] },
    `rollout of ${NEXT}: 10 %, to all within 8 h 0 min, group canary, eu; the others stay on ${OLD}`,
  ],
  [
    { ...STEP, action: "stopped", message: "broken" },
    `stopped the rollout of ${NEXT}: ${OLD} stays`,
  ],
];

Deno.test("each change is a line: when, who, what and why, with tabs between them", () => {
  const changes = CASES.map(([change]) => change);
  const history = { package: aPackage("my_site"), changes };
  const program = {
    isTerminal: false,
    paint: paintFor({ color: false }),
    columns: () => 200,
    now: 0,
  };
  const lines = historyLines(history, program);
  assertEquals(
    lines,
    CASES.map(([{ message }, what]) => `2026-11-25T09:30Z\tann@laptop\t${what}\t${message ?? ""}`),
  );
});
