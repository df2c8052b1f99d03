/** What the benchmark prints of its results. */
import { LEAST } from "./least.ts";
import { type CaseResult, judge, median, type Outcome, type Target } from "./targets.ts";

/** All targets of one case. */
export interface Judged {
  readonly result: CaseResult;
  readonly outcomes: readonly Outcome[];
}

export function judgeCase(targets: readonly Target[], result: CaseResult): Judged {
  return { result, outcomes: targets.map((target) => judge(target, result)) };
}

/** What each contender took, and the case's targets. */
export function caseTable({ result, outcomes }: Judged): string {
  const { name, title, runs, facts, unavailable } = result;
  const head = `\n${name}: ${title}`;
  if (unavailable !== undefined) return `${head}\n  not measured: ${unavailable}`;
  const rows = Object.entries(runs).map(([contender, measured]) => {
    const times = measured.map(({ ms }) => ms);
    const peak = Math.max(...measured.map((one) => one.peak ?? 0));
    const cpu = measured.map((one) => one.cpu).filter((one) => one !== undefined);
    return [
      contender,
      seconds(median(times)),
      `${seconds(Math.min(...times))} .. ${seconds(Math.max(...times))}`,
      cpu.length === 0 ? "" : seconds(median(cpu) * 1000),
      peak === 0 ? "" : `${peak.toFixed(0)} MB`,
    ];
  });
  const more = Object.entries(facts).map(([fact, value]) => [fact, figure(value), "", "", ""]);
  const tables = [table([["", "median", "range", "CPU", "peak"], ...rows, ...more])];
  if (outcomes.length > 0) tables.push(outcomeTable(outcomes.map((outcome) => ({ outcome }))));
  return [head, ...tables].join("\n");
}

/** The targets of all cases, and at the end those that are missed. */
export function summary(judged: readonly Judged[]): string {
  const all = judged.flatMap(({ result, outcomes }) =>
    outcomes.map((outcome) => ({ outcome, name: result.name }))
  );
  const missed = all.filter(({ outcome }) => outcome.verdict === "MISSED").map((one) =>
    `  ${one.name}: ${one.outcome.what} ${measured(one.outcome)}, at most ${one.outcome.atMost}` +
    (one.outcome.least === undefined ? "" : `, ${LEAST} ${figure(one.outcome.least)}`)
  );
  const unknown = judged.flatMap(({ result: { name, unavailable }, outcomes }) =>
    unavailable !== undefined
      ? [`  ${name}: ${unavailable}`]
      : outcomes.filter(({ verdict }) => verdict === "not measured").map(({ what }) =>
        `  ${name}: ${what}`
      )
  );
  return [
    `\n${outcomeTable(all)}`,
    ...unknown.length > 0 ? [`\nNot measured:\n${unknown.join("\n")}`] : [],
    missed.length > 0
      ? `\nMissed:\n${missed.join("\n")}`
      : "\nNone of the targets that were measured is missed",
  ].join("\n");
}

/** What is the least on this runtime has a column if it is known of any of them. */
function outcomeTable(rows: readonly { outcome: Outcome; name?: string }[]): string {
  const hasLeast = rows.some(({ outcome }) => outcome.least !== undefined);
  const cells = rows.map(({ outcome, name }) => [
    name === undefined ? outcome.what : `${name}: ${outcome.what}`,
    measured(outcome),
    outcome.range === undefined ? "" : outcome.range.map(figure).join(" .. "),
    ...hasLeast ? [outcome.least === undefined ? "" : figure(outcome.least)] : [],
    `${outcome.atMost} ${outcome.unit}`.trim(),
    outcome.verdict,
  ]);
  const head = ["target", "measured", "range", ...hasLeast ? [LEAST] : [], "at most", ""];
  return table([head, ...cells]);
}

function measured({ value, unit }: Outcome): string {
  return value === undefined ? "-" : `${figure(value)} ${unit}`.trim();
}

/** Three digits behind the point where they say something. */
function figure(value: number): string {
  if (Number.isInteger(value) && value >= 10) return String(value);
  return value.toFixed(value < 10 ? 3 : 0);
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    `  ${
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
        .join("  ")
    }`.trimEnd()
  ).join("\n");
}
