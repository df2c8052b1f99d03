/** Results as lines of text: one name on a line for programs, aligned columns for people. */
import type {
  ListedSignatures,
  LocalPackage,
  LocalRevision,
  MasterPackage,
  MasterRevision,
} from "../../commands/list/list.ts";
import type { Note } from "../../revision/metadata.ts";
import { escapeControls } from "../../foreign_text.ts";
import { compareNames } from "../../revision/names.ts";
import { formatAge, formatBytes } from "../terminal/narration.ts";
import type { Paint } from "../terminal/paint.ts";
import { padTo, widthOf } from "../terminal/width.ts";
import { nameLine } from "./names.ts";

export interface TableOptions {
  /** Columns for people instead of lines for programs. */
  readonly isTerminal: boolean;
  readonly paint: Paint;
  /** Columns of the terminal at this moment. */
  readonly columns: () => number;
  /** Unix time in milliseconds, for ages. */
  readonly now: number;
}

type AnyPackage = LocalPackage & MasterPackage;
type AnyRevision = LocalRevision | MasterRevision;

/** One revision on a line: a mere name for programs. */
export function revisionLines(
  revisions: readonly AnyRevision[],
  { long, ...options }: TableOptions & { long: boolean },
): string[] {
  if (!long && !options.isTerminal) {
    return revisions.map(nameLine);
  }
  return align(revisions.map((revision) => [
    revision.revision,
    time(revision, { long, now: options.now }),
    revision.size === undefined ? "-" : formatBytes(revision.size),
    ...(long ? [details(revision).by ?? "-"] : []),
    marks(revision, { long, paint: options.paint }),
    ...(long ? [details(revision).message ?? ""] : []),
  ]));
}

/**
 * One package on a line. A long listing adds the active and the newest revision, their number, and the size.
 */
export function packageLines(
  packages: readonly AnyPackage[],
  { long, paint }: TableOptions & { long: boolean },
): string[] {
  if (!long) return packages.map((found) => found.package);
  return align(packages.map(({ package: name, active, held, newest, revisions, size }) => [
    name,
    `${paint.good("active")} ${active ?? "-"}${held === true ? ` ${paint.warning("(held)")}` : ""}`,
    `newest ${newest ?? "-"}`,
    revisions === 1 ? "1 revision" : `${revisions ?? "?"} revisions`,
    size === undefined ? "" : formatBytes(size),
  ]));
}

/** The time of spooling: in a long listing in UTC to the minute, otherwise its age. */
function time({ spooledAt }: AnyRevision, { long, now }: { long: boolean; now: number }): string {
  if (spooledAt === undefined) return "-";
  if (long) return `${spooledAt.slice(0, 16)}Z`;
  return `${formatAge(now - Date.parse(spooledAt))} ago`;
}

/** Author and message, safe to print. */
function details(revision: AnyRevision): { by?: string | undefined; message?: string | undefined } {
  return "details" in revision ? safeNote(revision.details) : {};
}

function safeNote(note: Note = {}): { by?: string | undefined; message?: string | undefined } {
  const safe = (text?: string): string | undefined =>
    text === undefined ? undefined : escapeControls(text);
  return { by: safe(note.by), message: safe(note.message) };
}

function percentOf(revision: AnyRevision): number | undefined {
  return "rolloutPercent" in revision ? revision.rolloutPercent : undefined;
}

function marks(
  revision: AnyRevision,
  { long, paint }: { readonly long: boolean; readonly paint: Paint },
): string {
  const { active, previous } = revision;
  const percent = percentOf(revision);
  const { held = false, postSync }: Partial<LocalRevision> = revision;
  const words = [
    ...(active ? [paint.good("active")] : []),
    ...(percent === undefined ? [] : [paint.warning(`rolling out, at ${percent} %`)]),
    ...(previous ? ["previous"] : []),
    ...(held ? [paint.warning("held")] : []),
    ...(postSync === "failed" ? [paint.bad("post-sync failed")] : []),
    ...(postSync === "pending" ? [paint.warning("post-sync pending")] : []),
    ...(long && "how" in revision ? wayWords(revision) : []),
    ...("details" in revision ? signatureWords(revision.details ?? {}) : []),
    ...blessingWords(revision),
  ];
  return words.length === 0 ? "-" : `(${words.join(", ")})`;
}

/** Nothing if it came whole. */
function wayWords({ how, moved }: LocalRevision): string[] {
  if (how === undefined || how === "whole") return [];
  const by = how === "spare" ? "the spare" : "a delta";
  return [`came by ${by}${moved === undefined ? "" : `: ${formatBytes(moved)}`}`];
}

/** Who blessed the revision, or replaced it by an older one, and why. */
function blessingWords(revision: AnyRevision): string[] {
  if ("left" in revision && revision.left !== undefined) {
    const { by, message } = safeNote(revision.left);
    return [`left${by === undefined ? "" : ` by ${by}`}${message ? `: ${message}` : ""}`];
  }
  if (!("blessing" in revision) || revision.blessing === undefined) return [];
  const { replaced } = revision.blessing;
  const { by, message } = safeNote(revision.blessing);
  const wentBack = replaced !== undefined && compareNames(revision.revision, replaced) < 0;
  const why = message === undefined ? "" : `: ${message}`;
  const signed = signatureWords(revision.blessing).map((words) => `blessing ${words}`);
  if (by === undefined && why === "") return signed;
  return [
    `blessed${by === undefined ? "" : ` by ${by}`}${
      wentBack ? ` instead of ${replaced}` : ""
    }${why}`,
    ...signed,
  ];
}

/** Nothing if there are no signatures, and nobody looks for them. */
function signatureWords({ signatures = 0, trust }: Partial<ListedSignatures>): string[] {
  if (trust === undefined) {
    if (signatures === 0) return [];
    return [`with ${signatures} ${signatures === 1 ? "signature" : "signatures"}, not checked`];
  }
  const { verdict, by, why } = trust;
  if (verdict === "trusted") return [`signed by ${by.map(escapeControls).join(" and ")}`];
  return verdict === "unsigned" ? ["not signed"] : [`refused: ${why}`];
}

/** Columns two spaces apart, without spaces at the end of a line. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  }
  return rows.map((row) => row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join("  ").trimEnd());
}
