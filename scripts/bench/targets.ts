/** Compares what was measured with a target. */
import type { Measured } from "./programs.ts";

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** By contender, in the order of the rounds. */
  readonly runs: Readonly<Record<string, readonly Measured[]>>;
  readonly facts: Readonly<Record<string, number>>;
  /** Why nothing was measured. */
  readonly unavailable?: string;
}

/** Seconds of time and of processors are compared with another contender, the rest with a number. */
export type Target =
  | { readonly measure: "time" | "cpu"; readonly of: string; readonly beside: string } & Limit
  | { readonly measure: "ms" | "peak"; readonly of: string } & Limit
  | { readonly measure: "fact"; readonly of: string; readonly unit?: string } & Limit;

interface Limit {
  readonly atMost: number;
  /** A contender that does the same in the simplest way. */
  readonly least?: string;
}

export interface Outcome {
  readonly what: string;
  /** Of the rounds. For a peak it is the highest of all. */
  readonly value: number | undefined;
  readonly range: readonly [number, number] | undefined;
  readonly unit: string;
  readonly atMost: number;
  /** The same of the contender that does the least. */
  readonly least: number | undefined;
  readonly verdict: "met" | "MISSED" | "not measured";
}

/** A ratio is taken in each round, and the median of these ratios counts. */
export function judge(target: Target, result: CaseResult): Outcome {
  const values = valuesOf(target, result);
  const highest = Math.max(...values);
  const value = target.measure === "peak" && values.length > 0 ? highest : medianOf(values);
  const least = target.least === undefined ? [] : valuesOf({ ...target, of: target.least }, result);
  return {
    what: describe(target),
    value,
    range: values.length === 0 ? undefined : [Math.min(...values), highest],
    unit: unitOf(target),
    atMost: target.atMost,
    least: medianOf(least),
    verdict: value === undefined ? "not measured" : value <= target.atMost ? "met" : "MISSED",
  };
}

/** One a round. None if one of them is missing. */
function valuesOf(target: Target, { runs, facts }: Pick<CaseResult, "runs" | "facts">): number[] {
  if (target.measure === "fact") {
    const fact = facts[target.of];
    return fact === undefined ? [] : [fact];
  }
  const own = runs[target.of] ?? [];
  const values = "beside" in target
    ? ratios(own, runs[target.beside] ?? [], target.measure === "time" ? "ms" : "cpu")
    : own.map((one) => one[target.measure]);
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : [];
}

function ratios(
  own: readonly Measured[],
  others: readonly Measured[],
  key: "ms" | "cpu",
): (number | undefined)[] {
  return own.map((one, round) => {
    const [a, b] = [one[key], others[round]?.[key]];
    return a === undefined || b === undefined || b === 0 ? undefined : a / b;
  });
}

function describe(target: Target): string {
  switch (target.measure) {
    case "time":
      return `${target.of} / ${target.beside}`;
    case "cpu":
      return `${target.of} / ${target.beside}, CPU`;
    case "peak":
      return `${target.of}, peak memory`;
    default:
      return target.of;
  }
}

function unitOf(target: Target): string {
  switch (target.measure) {
    case "peak":
      return "MB";
    case "ms":
      return "ms";
    case "fact":
      return target.unit ?? "";
    default:
      return "";
  }
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

/** NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
