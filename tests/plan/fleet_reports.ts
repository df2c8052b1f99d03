/** Reports of machines, and a pointer, for tests of what is made of them. */
import type { FleetMachine, SeenReport } from "../../src/plan/fleet.ts";
import { type FleetSource, type JudgedFleet, judgeFleet } from "../../src/plan/fleet_view.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import type { Blessing } from "../../src/revision/pointer.ts";
import type { ReportedPackage } from "../../src/revision/report.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { anId, aPackage } from "../names.ts";

export const SITE = aPackage("my_site");
export const [OLD, NOW, NEXT] = [anId("VZ5vQk8aR4G"), anId("VZ6vQk8aR4G"), anId("VZ7vQk8aR4G")];
export const AT = Date.parse("2026-11-25T14:00:00Z");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const SERIAL = 1795615200123;
export const TIME = new Date(AT).toISOString();

export const POINTER: Blessing = {
  id: NOW,
  replaced: OLD,
  note: { by: "ann@laptop", at: TIME, message: "looks good" },
  serial: SERIAL,
  since: SERIAL,
  object: undefined,
};

/** A machine that runs what is blessed, and knows it. */
export const OK: ReportedPackage = {
  state: "ok",
  active: NOW,
  since: TIME,
  previous: OLD,
  want: NOW,
  serial: SERIAL,
  rollout: undefined,
  trust: undefined,
  error: undefined,
};

export function seen(
  machine: string,
  found: Partial<ReportedPackage> = {},
  { age = MINUTE, groups = [] }: { age?: number; groups?: string[] } = {},
): SeenReport {
  const report = {
    machine,
    host: `host-${machine}`,
    groups,
    ftl: "0.2.0",
    arch: "x86_64",
    every: 3600,
    at: TIME,
    packages: new Map([[SITE, { ...OK, ...found }]]),
    truncated: false,
  };
  return { machine, seen: AT - age, report };
}

export function judge(reports: SeenReport[], more: Partial<FleetSource> = {}): JudgedFleet {
  return judgeFleet({ package: SITE, at: AT, pointer: POINTER, reports, ...more });
}

export function only(report: SeenReport, more: Partial<FleetSource> = {}): FleetMachine {
  const [machine] = judge([report], more).fleet.machines;
  if (machine === undefined) throw new Error("no machine is shown");
  return machine;
}

export const OLD_SERIAL = { serial: SERIAL - 1, want: OLD };
export const ERROR = { text: "its post-sync failed: exit 1", code: 6, since: TIME, count: 1 };

export const [IN, OUT] = ["i-1", "i-2"].sort((a, b) => rank(a) - rank(b)) as [string, string];

export function rank(machine: string): number {
  return rankOf(machine, { package: SITE, id: SERIAL });
}

export function staged(words: string): Blessing {
  const rollout = parseRollout(`id=${SERIAL} at=${AT / 1000} ${words}`);
  return { ...POINTER, next: { id: NEXT, object: undefined }, rollout };
}
