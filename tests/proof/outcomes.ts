/** The table: what comes of each fault, for each kind of request. */
import type { Fault } from "../s3_server/server.ts";

/** Those of reports, marks, turns, signatures, and of the history's readers. */
export const FLEET_REQUESTS = [
  "reading of the history",
  "writing of a report",
  "listing by a fleet",
  "reading of a report",
  "listing of marks",
  "writing of a mark",
  "taking of a turn",
  "reading of a turn",
  "listing by a list",
  "details of a signed candidate",
] as const;
export type FleetRequest = typeof FLEET_REQUESTS[number];

/** Those of trees, patches and frames. All of these may be missing, so no command fails for want of one. */
export const DELTA_REQUESTS = [
  "reading of a base's tree",
  "reading of a patch",
  "details at a delta",
  "tree beside a download",
  "details of a tree",
  "tree read by a spool",
  "frames read by a spool",
  "writing of a tree",
  "writing of a patch",
  "writing of frames",
  "copy of a part",
  "listing of deltas",
  "removal of deltas",
  "removal after a failed spool",
] as const;
export type DeltaRequest = typeof DELTA_REQUESTS[number];

export const REQUESTS = [
  "listing by a sync",
  "listing by a spool",
  "listing by a purge",
  "reading of .rev",
  "poll of .rev",
  "reading of a revision",
  "checksum of a revision",
  "details of a revision",
  "spool in one",
  "begin of an upload",
  "part of an upload",
  "end of an upload",
  "abort of an upload",
  "listing of uploads",
  "writing of .rev",
  "removal",
  "writing of the history",
  "details at a blessing",
  ...FLEET_REQUESTS,
  ...DELTA_REQUESTS,
] as const;
export type RequestKind = typeof REQUESTS[number];

export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  readonly times: "once" | "always";
}

function both(name: string, fault: Fault): FaultCase[] {
  return [{ name: `${name} once`, fault, times: "once" }, { name, fault, times: "always" }];
}

/** Delays are the server's, by the true clock: 100 ms are a second to the command, and a day is for ever. */
export const BUCKET_FAULTS: readonly FaultCase[] = [
  { name: "a delay", fault: { kind: "delay", milliseconds: 100 }, times: "always" },
  ...both("500", { kind: "internal-error" }),
  ...both("503", { kind: "slow-down" }),
  ...both("403", { kind: "access-denied" }),
  ...both("a reset", { kind: "reset" }),
  ...both("a reset midway", { kind: "reset-after", bytes: 5 }),
  ...both("no answer", { kind: "delay", milliseconds: 24 * 60 * 60 * 1000 }),
  ...both("a cut answer", { kind: "cut-short", bytes: 5 }),
  ...both("a stall", { kind: "stall", bytes: 0 }),
  ...both("a stall midway", { kind: "stall", bytes: 5 }),
  // In a gzip header it is one that unpacking alone would not notice.
  ...both("a flipped bit", { kind: "flip-bit", byte: 9 }),
  { name: "a stale listing", fault: { kind: "stale-list", writes: 1 }, times: "always" },
];

export interface Outcome {
  /** The exit codes that are right. */
  readonly codes: readonly number[];
  /** At most so many requests of that kind. */
  readonly requests: number;
  /** At most, by the command's clock, on which a slow start of the process counts as often as it is faster. */
  readonly seconds: number;
  /** What a person must be told. */
  readonly says?: RegExp;
}

/** What matters to nobody: the command has done its work by then, or has failed before. */
const INCIDENTAL: Partial<Record<RequestKind, number>> = {
  "listing of uploads": 0,
  "abort of an upload": 7,
  "writing of a report": 0,
  "writing of a mark": 0,
  // It is left in S3 then, and the sync warns.
  "details of a signed candidate": 0,
  ...Object.fromEntries(DELTA_REQUESTS.map((request) => [request, 0])),
  "removal after a failed spool": 7,
};

/** What is told of what failed for good. What took too long, and what a role may not read, is no news. */
const TOLD: Partial<Record<RequestKind, RegExp>> = {
  "writing of a tree": /Machines will download the whole revision/,
  "writing of a patch": /Machines will download the whole revision/,
  "writing of frames": /The next spool of this folder will send all of it/,
  "listing of deltas": /Not all below .* was removed/,
  "removal of deltas": /Not all below .* was removed/,
};
const CERTAIN: readonly string[] = ["internal-error", "slow-down", "access-denied", "reset"];

/** Those whose answer has no body: what happens in its middle may never happen. */
const BARE: readonly RequestKind[] = [
  "checksum of a revision",
  "details of a revision",
  "spool in one",
  "begin of an upload",
  "part of an upload",
  "end of an upload",
  "writing of .rev",
  "removal",
  "writing of the history",
  "details at a blessing",
  "taking of a turn",
];

/** Those that FTL can do without if they are denied. */
const DISPENSABLE: readonly RequestKind[] = ["writing of the history", "details at a blessing"];

/** Those with which a command begins to write under a condition. */
export function isConditional(request: RequestKind): boolean {
  return request === "writing of the history" || request === "taking of a turn";
}

/** Entries of the history that are read, side by side. */
const ENTRIES = 20;

/** A download goes on where it broke, so it may ask often; a stalled part of 8 MB is waited for long. */
const PATIENT: Partial<Record<RequestKind, { requests: number; seconds: number }>> = {
  "reading of a revision": { requests: 100, seconds: 700 },
  "part of an upload": { requests: 16, seconds: 4 * 900 },
  "end of an upload": { requests: 8, seconds: 4 * 1000 },
  // It is waited for as if the part were sent, and then it is sent.
  "copy of a part": { requests: 16, seconds: 4 * 900 },
  "reading of the history": { requests: 5 * ENTRIES, seconds: 600 },
  // A tree and a patch, each tried 4 times; the runtime sends what was reset on a used connection once more by itself.
  "removal after a failed spool": { requests: 16, seconds: 600 },
};

/**
 * The rules behind the table; undefined where the fault does not apply.
 *
 *     fault                      once                    always
 *     a delay                    -                       done
 *     500, 503, reset, cut,      tried again: done       exit 7
 *     stall, no answer
 *     403                        exit 7, asked once      exit 7, asked once
 *     a flipped bit, read        read again: done        exit 5
 *     a flipped bit, written     exit 5: S3 refuses it   exit 5
 *     a stale listing            -                       done, with what was there before
 */
export function expectedOutcome(request: RequestKind, fault: FaultCase): Outcome | undefined {
  const { kind } = fault.fault;
  if (kind === "stale-list" && !/^listing (by|of deltas)/.test(request)) return undefined;
  // By the fast clock each second that a busy machine takes longer counts as ten.
  const bounds = PATIENT[request] ?? { requests: 8, seconds: 600 };
  const incidental = INCIDENTAL[request];
  const isCertain = fault.times === "always" && CERTAIN.includes(kind);
  const says = isCertain ? TOLD[request] : undefined;
  if (incidental !== undefined) return { codes: [incidental], ...bounds, ...(says && { says }) };
  return {
    codes: codesOf(request, fault),
    ...bounds,
    ...(kind === "access-denied" ? { requests: atOnce(request, fault.times) } : {}),
  };
}

/** Parts are sent side by side; before the first conditional write there is one that must not be done. */
function atOnce(request: RequestKind, times: FaultCase["times"]): number {
  if (request === "part of an upload") return 4;
  if (request === "reading of the history") return ENTRIES;
  return isConditional(request) && times === "once" ? 2 : 1;
}

function codesOf(
  request: RequestKind,
  { name, fault: { kind }, times }: FaultCase,
): readonly number[] {
  if (name === "a delay" || kind === "stale-list") return [0];
  if (kind === "access-denied") return DISPENSABLE.includes(request) ? [0] : [7];
  if (kind === "flip-bit") return flippedCodes(request, times);
  if (times === "once") return [0];
  const isMidway = kind === "cut-short" || kind === "reset-after" || kind === "stall";
  return isMidway && BARE.includes(request) ? [0, 7] : [7];
}

function flippedCodes(request: RequestKind, times: FaultCase["times"]): readonly number[] {
  // What is no entry or no report is shown as that, or left out.
  if (request === "reading of the history" || request === "reading of a report") return [0];
  if (request === "poll of .rev" || request.startsWith("reading of")) {
    return times === "once" ? [0] : [5];
  }
  if (request === "spool in one" || request === "part of an upload") return [5];
  if (request === "writing of .rev" || isConditional(request)) return [5];
  // A request of XML that S3 refuses; an answer that says nothing which matters.
  if (request === "end of an upload") return [5, 7];
  return [0, 7];
}

/**
 * How much faster the commands' clock runs. What has to be waited for is hurried, so that 20 s of patience take two.
 * A busy machine must not use that patience up where the answer itself decides: there the clock is the true one, as
 * a request that was answered too late is sent again.
 */
export function clockFor(request: RequestKind, fault: FaultCase): number {
  const { kind } = fault.fault;
  if (isSlow(request, fault)) return 100;
  if (kind === "delay" || kind === "stall") return 10;
  return kind === "access-denied" || kind === "flip-bit" ? 1 : 4;
}

/** Whether the cell waits for a quarter of an hour or more, of its own clock. */
export function isSlow(request: RequestKind, { name, fault: { kind } }: FaultCase): boolean {
  return (kind === "stall" || name.startsWith("no answer")) &&
    ["part of an upload", "end of an upload", "copy of a part"].includes(request);
}
