/** Results as lines of text. */
import type { ListedRevision, MasterRevision } from "../commands/list.ts";
import type { PackageStatus } from "../commands/status.ts";
import { formatAge, formatBytes } from "./narration.ts";

/** One revision a line; the active one is marked as the Go original marks it. */
export function revisionLines(
  revisions: readonly (ListedRevision | MasterRevision)[],
  { long }: { long: boolean },
): string[] {
  if (!long) {
    return revisions.map(({ revision, active }) => active ? `${revision}\t(active)` : revision);
  }
  return align(revisions.map((revision) => [
    revision.revision,
    (revision.spooledAt ?? "-").slice(0, 16).replace("T", " "),
    revision.size === undefined ? "-" : formatBytes(revision.size),
    details(revision)?.by ?? "-",
    marks(revision),
    details(revision)?.message ?? "",
  ]));
}

function details(revision: ListedRevision | MasterRevision): MasterRevision["details"] {
  return "details" in revision ? revision.details : undefined;
}

function marks(revision: ListedRevision | MasterRevision): string {
  const { active, previous, held, postSync } = revision;
  const blessing = "blessing" in revision ? revision.blessing : undefined;
  const blessed = blessing?.by === undefined
    ? []
    : [`blessed by ${blessing.by}${blessing.message === undefined ? "" : `: ${blessing.message}`}`];
  const words = [
    ...(active ? ["active"] : []),
    ...(previous ? ["previous"] : []),
    ...(held === true ? ["held"] : []),
    ...(postSync !== undefined && postSync !== "ok" ? [`post-sync ${postSync}`] : []),
    ...blessed,
  ];
  return words.length === 0 ? "-" : `(${words.join(", ")})`;
}

const STATUS_HEADINGS = [
  "PACKAGE",
  "ACTIVE",
  "BLESSED",
  "PREVIOUS",
  "NEWEST",
  "DISK",
  "LAST SYNC",
  "NEXT SYNC",
];

/** `now` is in Unix milliseconds. */
export function statusLines(packages: readonly PackageStatus[], now: number): string[] {
  return align([
    STATUS_HEADINGS,
    ...packages.map((found) => [
      found.package,
      `${found.active ?? "-"}${found.held ? " (held)" : ""}`,
      found.blessed ?? "-",
      found.previous ?? "-",
      found.master === undefined ? "?" : found.master.newest ?? "-",
      formatBytes(found.disk),
      lastSync(found, now),
      nextSync(found),
    ]),
  ]);
}

function lastSync({ lastSync: last }: PackageStatus, now: number): string {
  if (last === null) return "never";
  const age = `${formatAge(now - Date.parse(last.at))} ago`;
  return last.failure === undefined ? age : `${age}, failed`;
}

function nextSync({ master, unprepared }: PackageStatus): string {
  if (master === undefined) return "?";
  const { fetch, activate, remove, missing } = master;
  const steps = [
    ...(fetch.length === 0 ? [] : [`fetch ${fetch.length}`]),
    ...(unprepared.length === 0 ? [] : [`prepare ${unprepared.length}`]),
    ...(activate === null ? [] : [`activate ${activate}`]),
    ...(remove.length === 0 ? [] : [`remove ${remove.length}`]),
    ...(missing === null ? [] : [`blessed ${missing} is missing`]),
  ];
  return steps.length === 0 ? "nothing to do" : steps.join(", ");
}

/** Columns two spaces apart; no spaces at the end of a line. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd());
}
