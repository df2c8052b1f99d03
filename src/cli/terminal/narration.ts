/**
 * Reports a command's work as lines for stderr: one line for each event, fit for a journal. The file is long because all
 * words for events are here.
 */
import type { FtlEvent } from "../../events.ts";
import { escapeControls } from "../../foreign_text.ts";
import { errorLines } from "../failure.ts";
import { formatBytes, formatDuration, rate } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { packing, uploaded } from "./spool_notes.ts";

export { formatAge, formatBytes, formatDuration } from "./amounts.ts";

export interface NarrationOptions {
  readonly quiet: boolean;
  /** Whether changes are reported even with `quiet`, because nobody watches a sync that a timer started. */
  readonly logsChanges: boolean;
  readonly verbose: boolean;
  readonly paint: Paint;
}

/** The lines for an event. None if the event is not reported. */
export function narrate(event: FtlEvent, options: NarrationOptions): string[] {
  const { quiet, verbose, paint } = options;
  if (event.type === "failure") return errorLines(event.error, { verbose, paint });
  if (event.type === "script-output") {
    if (event.repeated && !verbose) return [];
    const mark = paint.dim(`${event.revision} ${event.step}|`);
    return outputLines(event.line).map((line) => `${mark} ${line}`);
  }
  return quiet && !isToldAnyway(event, options) ? [] : note(withSafeTexts(event), options);
}

const LOGGED: ReadonlySet<FtlEvent["type"]> = new Set(
  ["fetched", "activated", "rolled-back", "removed"] as const,
);

/**
 * Reported even with `--quiet`: warnings, and the changes of a sync, which must appear in the log of a timer.
 */
function isToldAnyway({ type }: FtlEvent, { logsChanges }: NarrationOptions): boolean {
  return type === "warning" ||
    logsChanges && LOGGED.has(type);
}

/**
 * The event with all control characters escaped in its texts: file names, other people's notes, lock holders.
 */
export function withSafeTexts<T extends FtlEvent>(event: T): T {
  const entries = Object.entries(event).map(([name, value]) => {
    return [name, typeof value === "string" ? escapeControls(value) : value];
  });
  return Object.fromEntries(entries) as T;
}

/**
 * A line of a script's output, with its tabs. If the script returned to the beginning of the line, as a
 * progress bar does, it becomes several lines.
 */
function outputLines(line: string): string[] {
  const parts = line.split("\r").filter((part) => part !== "");
  const lines = parts.length === 0 ? [""] : parts;
  return lines.map((part) => part.split("\t").map(escapeControls).join("\t"));
}

/** The function is long because each kind of event has its words here. */
function note(event: FtlEvent, { verbose, paint }: NarrationOptions): string[] {
  switch (event.type) {
    case "fetching":
      return verbose ? [`${event.revision}: fetching ${formatBytes(event.bytes)}`] : [];
    case "fetched":
      return [fetched(event, verbose)];
    case "untrusted":
      return [untrusted(event)];
    case "packing":
      return packing(event);
    case "checked":
      return [
        `${event.file}: checked, ${entries(event.entries)}, ${formatBytes(event.bytes)} unpacked`,
      ];
    case "verified":
      return [verified(event, paint)];
    case "new-package":
      return [`${event.package} is a new package: this will be its first revision`];
    case "deltas":
      return deltas(event, verbose);
    case "uploaded":
      return uploaded(event);
    case "activated":
      return [
        `${event.revision}: ${paint.good("active")}${event.from ? `, was ${event.from}` : ""}`,
      ];
    case "blessed":
      return [
        `${event.revision}: ${paint.good("blessed")}${event.from ? `, was ${event.from}` : ""}`,
      ];
    case "signed":
      return [`${event.revision}: signed by ${people(event.people)} now`];
    case "rollout":
      return [rollout(event)];
    case "rollout-ended":
      return [
        `${event.revision}: its rollout has ended at ${event.percent} %; ${event.blessed} is blessed`,
      ];
    case "removed":
      return [`${event.revision}: removed`];
    case "held":
      return [
        `${event.revision}: ${paint.warning("held")} here by a jump, though ${event.blessed} is ` +
        `${event.isCandidate ? "being rolled out" : "blessed"}; 'ftl sync --follow' ends the hold`,
      ];
    case "rolled-back":
      return [
        `${event.revision}: ${
          paint.bad("went back")
        } to ${event.to}: health failed: ${event.reason}`,
      ];
    case "paused":
      return [paused(event, paint)];
    case "synced":
      return [synced(event, paint)];
    case "waiting":
      return [`Waiting for ${event.what}, locked by ${event.holder}`];
    case "fleet":
      return [`${event.package}: ${inLine(event)}`];
    case "no-packages":
      return [
        `Nothing to do: no package has a folder in ${event.root}`,
        `next: mkdir ${event.root}/<package>, for each package that this machine should run`,
      ];
    case "warning":
      return [`${paint.warning("warning:")} ${event.message}`];
    default:
      return [];
  }
}

/** `my_site.VZ5vQk8aR4G: fetched 443 B of 101.7 MB (spare), 20347 entries, in 0.2 s`. */
function fetched(
  { revision, how, moved, bytes, fallback, noGain, ...event }: EventOf<"fetched">,
  isVerbose: boolean,
): string {
  const why = fallback ?? (isVerbose ? noGain : undefined);
  const isWhole = how === "whole";
  const size = isWhole
    ? formatBytes(bytes)
    : `${formatBytes(moved)} of ${formatBytes(bytes)} (${how})`;
  return `${revision}: fetched ${size}, ${entries(event.entries)}, in ${formatDuration(event.ms)}` +
    (isWhole ? rate(bytes, event.ms) : "") +
    (why === undefined ? "" : `; no delta: ${why}`);
}

const people = (count: number): string => count === 1 ? "1 person" : `${count} people`;

function untrusted({ package: name, revisions, why }: EventOf<"untrusted">): string {
  const count = revisions.length === 1 ? "1 revision is" : `${revisions.length} revisions are`;
  return `${name}: ${count} not trusted, and not fetched: ${revisions[0]}: ${why}`;
}

function paused(
  { package: name, active, path, why, until }: EventOf<"paused">,
  paint: Paint,
): string {
  const stays = active === undefined ? "nothing is active" : `${active} stays active`;
  return `${name}: ${paint.warning("paused")} by ${path}` +
    `${until === undefined ? "" : ` until ${until}`}: ${stays}${
      why === undefined ? "" : `; ${why}`
    }`;
}

/** `my_site.VZ5vQk8aR4G: 37 entries, 48.2 kB: 1 changed, 2 missing, in 0.3 s`. */
function verified(event: EventOf<"verified">, paint: Paint): string {
  const counts = (["changed", "missing", "extra"] as const)
    .flatMap((what) => event[what] === 0 ? [] : [`${event[what]} ${what}`]).join(", ");
  const isBad = event.changed + event.missing > 0;
  const result = counts === ""
    ? paint.good("as it was spooled")
    : isBad
    ? paint.bad(counts)
    : paint.warning(counts);
  const by = event.by.length === 0 ? "" : `signed by ${escapeControls(event.by.join(", "))}, `;
  return `${event.revision}: ${entries(event.entries)}, ${formatBytes(event.bytes)}: ${result}, ` +
    `${by}in ${formatDuration(event.ms)}`;
}

/** Names of machines in one line. */
const MOST_NAMES = 5;

type EventOf<T extends FtlEvent["type"]> = Extract<FtlEvent, { type: T }>;

/** `my_site.VZ6..: patch from my_site.VZ5.., 443 B`. Why there is no patch, only who asks wants to know. */
function deltas({ revision, deltas, why }: EventOf<"deltas">, isVerbose: boolean): string[] {
  if (deltas.length === 0 && isVerbose && why !== undefined) {
    return [`${revision}: machines download all of it: ${escapeControls(why)}`];
  }
  return deltas.map(({ from, bytes }) => {
    return `${revision}: patch from ${from}, ${formatBytes(bytes)}`;
  });
}

/** `my_site.VZ6..: rolling out to 10 %, 1 of 3 machines: i-0aaa; the others stay on my_site.VZ5..`. */
function rollout(
  { revision, blessed, percent, isPaused, machines, of }: EventOf<"rollout">,
): string {
  if (isPaused) {
    return `${revision}: its rollout is paused at ${percent} %; who runs it stays, nobody else takes it`;
  }
  const named = machines.slice(0, MOST_NAMES)
    .map(({ machine, host = machine }) => host === machine ? machine : `${machine} (${host})`);
  const more = machines.length > MOST_NAMES ? ` and ${machines.length - MOST_NAMES} more` : "";
  const names = `${named.join(", ")}${more}`;
  const who = of === undefined
    ? ""
    : `, ${machines.length} of ${of} machines${names === "" ? "" : `: ${names}`}`;
  return `${revision}: rolling out to ${percent} %${who}; the others stay on ${blessed}`;
}

/** Without a report yet, `0 of 0` would look like the end of the wait. */
function inLine({ inLine, living }: EventOf<"fleet">): string {
  return living === 0
    ? "no machine that is alive has reported yet"
    : `${inLine} of ${living} machines run what they should`;
}

/** `my_site: fetched 2, activated my_site.VZ5vQk8aR4G, removed 1, in 3.2 s`. */
function synced(event: EventOf<"synced">, paint: Paint): string {
  const { active, fetched, activated, removed, failures, ms } = event;
  const parts = [
    ...(fetched > 0 ? [`fetched ${fetched}`] : []),
    ...(activated === undefined ? [] : [`activated ${activated}`]),
    ...(removed > 0 ? [`removed ${removed}`] : []),
    ...(failures > 0 ? [paint.bad(`${failures} ${failures === 1 ? "failure" : "failures"}`)] : []),
  ];
  const name = `${event.package}: `;
  const rest = event.waiting === undefined
    ? ""
    : `; ${event.candidate} is being rolled out: ${event.waiting}`;
  if (parts.length === 0) {
    return `${name}nothing to do${active ? `, ${active} is active` : ""}${rest}`;
  }
  return `${name}${parts.join(", ")}, in ${formatDuration(ms)}${rest}`;
}

function entries(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "entry" : "entries"}`;
}
