/** Compares the results with the targets of docs/benchmarks.md. */
import { type Measured, median } from "./programs.ts";

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** By contender, in the order of the rounds. */
  readonly runs: Readonly<Record<string, readonly Measured[]>>;
  readonly facts: Readonly<Record<string, number>>;
}

export interface Sizes {
  /** Bytes. */
  readonly executable: number | undefined;
  readonly empty: number | undefined;
}

export interface Verdict {
  readonly what: string;
  readonly value: number | undefined;
  readonly unit: string;
  readonly atMost: number;
  readonly verdict: "met" | "MISSED" | "not measured";
}

/** The function is long because it lists every target. */
export function verdicts(results: readonly CaseResult[], { executable, empty }: Sizes): Verdict[] {
  const time = (caseName: string, contender: string): number | undefined =>
    medianTime(results.find(({ name }) => name === caseName), contender);
  const cpu = (caseName: string, contender: string): number | undefined =>
    medianCpu(results.find(({ name }) => name === caseName), contender);
  const ratio = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : a / b;
  const sync = time("sync", "ftl sync");
  const gunzip = time("sync", "only gunzip");
  const write = time("sync", "only write");
  const limit = gunzip === undefined || write === undefined ? undefined : Math.max(gunzip, write);
  const start = (name: string): number | undefined =>
    ratio(time("start", name), time("start", "empty program"));
  const delta = (name: string): number | undefined =>
    ratio(time("delta", name), time("delta", "whole"));
  const deltaCpu = ratio(cpu("delta", "with a spare"), cpu("delta", "whole"));
  const peaks = results.flatMap(({ runs }) => Object.entries(runs))
    .filter(([name]) => name.startsWith("ftl ") || name === "idle sync")
    .flatMap(([, measured]) => measured.flatMap(({ peak }) => peak ?? []));
  const grown = executable === undefined || empty === undefined
    ? undefined
    : (executable - empty) / 1e6;
  const judge = (what: string, value: number | undefined, atMost: number, unit = ""): Verdict => ({
    what,
    value,
    unit,
    atMost,
    verdict: value === undefined ? "not measured" : value <= atMost ? "met" : "MISSED",
  });
  return [
    judge("sync / (curl | tar -xz)", ratio(sync, time("sync", "curl | tar -xz")), 0.5),
    judge("sync / the slower of only gunzip and only write", ratio(sync, limit), 1.3),
    judge(
      "idle sync: requests per package",
      results.find(({ name }) => name === "start")?.facts["requests per package"],
      1,
    ),
    judge("idle sync / empty program", start("idle sync"), 5),
    judge("local list / empty program", start("local list"), 1.5),
    judge("local jump / empty program", start("local jump"), 2.5),
    judge("delta with a spare / whole", delta("with a spare"), 0.33),
    judge("delta with a spare / whole, CPU", deltaCpu, 0.4),
    judge("delta without a spare / whole", delta("without a spare"), 1),
    judge(
      "failed health, until the old one is active again",
      time("rollback", "back again"),
      1000,
      "ms",
    ),
    judge(
      "peak memory of any command",
      peaks.length > 0 ? Math.max(...peaks) : undefined,
      200,
      "MB",
    ),
    ...results.filter(({ name }) => name.startsWith("spool-")).map(({ name }) =>
      judge(`${name} / aws s3 cp`, ratio(time(name, "ftl spool"), time(name, "aws s3 cp")), 1)
    ),
    judge("executable beyond the bare runtime", grown, 2, "MB"),
  ];
}

export function caseTable({ title, runs, facts }: CaseResult): string {
  const rows = Object.entries(runs).map(([name, measured]) => {
    const times = measured.map(({ ms }) => ms);
    const peak = Math.max(...measured.map((one) => one.peak ?? 0));
    const spread = `${seconds(Math.min(...times))} .. ${seconds(Math.max(...times))}`;
    const cpu = medianOf(measured.map((one) => one.cpu));
    return [
      name,
      seconds(median(times)),
      spread,
      cpu === undefined ? "" : seconds(cpu * 1000),
      peak === 0 ? "" : `${peak.toFixed(0)} MB`,
    ];
  });
  const more = Object.entries(facts).map(([name, value]) => [name, String(value), "", "", ""]);
  return `\n${title}\n${table([["", "median", "range", "CPU", "peak"], ...rows, ...more])}`;
}

export function verdictTable(found: readonly Verdict[]): string {
  const rows = found.map(({ what, value, unit, atMost, verdict }) => [
    what,
    value === undefined ? "-" : `${value.toFixed(2)} ${unit}`.trim(),
    `${atMost} ${unit}`.trim(),
    verdict,
  ]);
  const missed = found.filter(({ verdict }) => verdict === "MISSED").map(({ what }) => what);
  const summary = missed.length === 0 ? "No target is missed" : `Missed: ${missed.join("; ")}`;
  return `\n${table([["target", "measured", "at most", ""], ...rows])}\n${summary}\n`;
}

function medianTime(result: CaseResult | undefined, contender: string): number | undefined {
  const measured = result?.runs[contender];
  return measured === undefined ? undefined : median(measured.map(({ ms }) => ms));
}

function medianCpu(result: CaseResult | undefined, contender: string): number | undefined {
  return medianOf((result?.runs[contender] ?? []).map(({ cpu }) => cpu));
}

/** Undefined if one is missing, or there are none. */
function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 || known.length < values.length ? undefined : median(known);
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
