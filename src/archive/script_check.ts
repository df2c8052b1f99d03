/**
 * Checks package scripts before machines get them.
 *
 *     refused, as no machine could run it      a folder; a link to something that the archive lacks; a
 *                                              first line with Windows' line end
 *     warned of, as FTL would never run it     all entries in one folder; a name that is almost a
 *                                              script's; a second script for the same step
 *
 * This check does not know which interpreters the machines have.
 */
import { IntegrityError } from "../errors.ts";
import {
  FIRST_LINE_BYTES,
  type FirstLine,
  parseFirstLine,
  programWithCarriageReturn,
  SCRIPT_PLACES,
  type Step,
  STEPS,
} from "../revision/scripts.ts";
import type { EntryWatcher } from "./check.ts";
import { type Entry, shown } from "./entry.ts";
import { parentOf } from "./paths/safe_path.ts";
import type { Tree } from "./rules.ts";

const STEP_OF: ReadonlyMap<string, Step> = new Map(
  STEPS.flatMap((step) => SCRIPT_PLACES[step].map((place) => [place, step] as const)),
);

/** At most so many misnamed scripts are reported. More of them are hardly mistakes. */
const MOST_MISNAMED = 5;

/** A script in the archive. */
interface FoundScript {
  readonly step: Step;
  readonly kind: Entry["kind"];
  readonly target: string;
  /** The first bytes of the script's file. */
  start: Uint8Array;
}

export class ScriptCheck implements EntryWatcher {
  readonly #warn: (message: string) => void;
  readonly #scripts = new Map<string, FoundScript>();
  readonly #misnamed = new Map<string, Step>();
  /** Scripts in the folder that contains all entries so far. */
  readonly #inFolder: string[] = [];
  /**
   * The folder that contains all entries so far. Undefined before the first entry; empty if there
   * is no such folder.
   */
  #folder: string | undefined;
  /** The target of `ftl`, the folder of the Go original's scripts, if it is a link. */
  #ftl: string | undefined;
  /** The script whose content is being read. */
  #reading: FoundScript | undefined;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  begin(entry: Entry, path: string): void {
    this.#reading = undefined;
    if (path === "") return;
    if (path === "ftl") this.#ftl = entry.kind === "symlink" ? entry.target : undefined;
    const slash = path.indexOf("/");
    this.#lookAtFolder(entry, { path, slash });
    // Scripts are at the top or in `ftl/`, so most entries are decided here.
    if (slash >= 0 && !path.startsWith("ftl/")) return;
    const step = STEP_OF.get(path);
    if (step !== undefined) {
      const { kind, target } = entry;
      const script = { step, kind, target, start: new Uint8Array(0) };
      this.#scripts.set(path, script);
      if (kind === "file") this.#reading = script;
      return;
    }
    const meant = entry.kind === "directory" ? undefined : stepMeantBy(path);
    if (meant !== undefined && this.#misnamed.size < MOST_MISNAMED) this.#misnamed.set(path, meant);
  }

  data(piece: Uint8Array): void {
    const script = this.#reading;
    if (script === undefined) return;
    const start = new Uint8Array([
      ...script.start,
      ...piece.subarray(0, FIRST_LINE_BYTES - script.start.length),
    ]);
    script.start = start;
    if (start.length >= FIRST_LINE_BYTES) this.#reading = undefined;
  }

  end(tree: Tree): void {
    for (const [path, script] of this.#scripts) this.#judge(path, { script, tree });
    this.#warnOfFolder();
    if (
      this.#ftl !== undefined &&
      wrongTarget("ftl", { target: this.#ftl, tree }) === "not in the archive"
    ) {
      this.#warn(
        `ftl is a link to ${
          shown(this.#ftl)
        }, which is not in the archive: scripts in it will not run`,
      );
    }
    for (const [path, step] of this.#misnamed) {
      if (SCRIPT_PLACES[step].some((place) => this.#scripts.has(place))) continue;
      this.#warn(
        `${shown(path)} will never run: FTL knows no script of that name. ` +
          `Is ${SCRIPT_PLACES[step][0]} meant?`,
      );
    }
    for (const [first, second] of Object.values(SCRIPT_PLACES)) {
      if (!this.#scripts.has(first) || !this.#scripts.has(second)) continue;
      this.#warn(`${second} will never run: ${first} is there too, and runs instead`);
    }
  }

  #lookAtFolder({ kind }: Entry, { path, slash }: { path: string; slash: number }): void {
    if (this.#folder === "") return;
    const top = slash < 0 ? (kind === "directory" ? path : "") : path.slice(0, slash);
    this.#folder ??= top;
    if (this.#folder !== top) this.#folder = "";
    else if (STEP_OF.has(path.slice(slash + 1)) && slash >= 0) this.#inFolder.push(path);
  }

  #warnOfFolder(): void {
    const folder = this.#folder;
    const [script] = this.#inFolder;
    // The scripts of the Go original belong into `ftl/`.
    if (!folder || script === undefined || this.#scripts.size > 0) return;
    this.#warn(
      `Every entry lies in one folder, ${shown(folder)}/, so ${shown(script)} will never run: ` +
        "FTL looks for scripts at the top of the archive. " +
        `Pack what is in the folder: tar -czf <file> -C ${shown(folder)} .`,
    );
  }

  #judge(path: string, { script, tree }: { script: FoundScript; tree: Tree }): void {
    const refuse = (why: string, hint: string): never => {
      throw new IntegrityError(`${path} can never run: ${why}`, { hint });
    };
    if (script.kind === "directory") {
      refuse("it is a folder", `FTL runs ${path} at ${script.step}: give the folder another name`);
    }
    const wrong = script.kind === "symlink" && !this.#mayBeMade(script.step)
      ? wrongTarget(path, { target: script.target, tree })
      : undefined;
    if (wrong !== undefined) {
      refuse(
        `it is a link to ${shown(script.target)}, which is ${wrong}`,
        "Pack the target of the link as well, or leave the link out",
      );
    }
    const line = parseFirstLine(script.start);
    if (line !== undefined) this.#judgeFirstLine(line, { path, refuse });
  }

  #judgeFirstLine(
    line: FirstLine,
    { path, refuse }: { path: string; refuse: (why: string, hint: string) => never },
  ): void {
    const program = programWithCarriageReturn(line);
    if (program !== undefined) {
      refuse(
        `its first line has a Windows line end, so the system would look for ` +
          `a program called ${shown(`${program}\r`)}`,
        `Give it Unix line ends: sed -i 's/\\r$//' ${path}`,
      );
    }
    if (line.hasMark) {
      this.#warn(`${path} starts with a byte order mark, with which most interpreters fail`);
    }
  }

  /** Whether an earlier script may create the link's target, which the archive lacks. */
  #mayBeMade(step: Step): boolean {
    return step !== "post-sync" && SCRIPT_PLACES["post-sync"].some((at) => this.#scripts.has(at));
  }
}

/**
 * What is certainly wrong with a link's target. Nothing is known about targets outside the
 * revision.
 */
function wrongTarget(
  path: string,
  { target, tree }: { target: string; tree: Tree },
): string | undefined {
  if (target.startsWith("/")) return undefined;
  const parts = parentOf(path).split("/").filter((part) => part !== "");
  for (const part of target.split("/").filter((name) => name !== "" && name !== ".")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
      continue;
    }
    parts.push(part);
    const kind = tree.kindOf(parts.join("/"));
    if (kind === "symlink") return undefined;
    if (kind === undefined) return "not in the archive";
  }
  return tree.kindOf(parts.join("/")) === "folder" ? "a folder" : undefined;
}

/**
 * The step that the author of a misnamed script meant: `Pre-Jump.sh`, `pre_jump`,
 * `ftl/pre-jump.sh`.
 */
function stepMeantBy(path: string): Step | undefined {
  const isOriginal = path.startsWith("ftl/");
  const name = isOriginal ? path.slice(4) : path;
  const plain = name.toLowerCase().replace(/\.(sh|bash|py|pl|rb|js|cmd|bat|ps1)$/, "")
    .replace(/[-_ ]/g, "");
  return STEPS.find((step) =>
    plain === step.replace("-", "") || (step === "post-sync" && plain === "postspool") ||
    (isOriginal && step === "pre-remove" && plain === "clean")
  );
}
