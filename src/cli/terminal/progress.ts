/**
 * The live lines below the notes: one for each revision or file that is being worked on.
 *
 * They appear after half a second of work, are drawn at most ten times a second, and disappear when the work is
 * done. Notes are written above them.
 */
import type { FtlEvent, ProgressEvent } from "../../events.ts";
import { formatDuration } from "./narration.ts";
import { Pace } from "./pace.ts";
import type { Paint } from "./paint.ts";
import type { Screen } from "./screen.ts";
import { cutTo, padTo, widthOf } from "./width.ts";

/** Milliseconds of work before its line appears. */
const PATIENCE = 500;
/** Milliseconds between two drawings. */
const FRAME = 100;
/** Columns of the bar. */
const BAR = 20;

interface Work {
  readonly started: number;
  readonly pace: Pace;
  text: (elapsed: number) => string;
}

/** The part of `log-update` that this file uses. */
interface Canvas {
  (text: string): void;
  clear(): void;
}

export interface ProgressOptions {
  readonly screen: Screen;
  readonly paint: Paint;
  /** Writes to the terminal unchanged. */
  readonly write: (text: string) => void;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #works = new Map<string, Work>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #canvas: Canvas | undefined;
  #shown = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Records what is under way. */
  tell(event: FtlEvent): void {
    if (event.type === "fetching") {
      const { revision: subject, bytes: total } = event;
      this.tell({ type: "progress", subject, work: "fetching", done: 0, total });
    } else if (event.type === "progress") {
      const { pace } = this.#begin(event.subject, () => this.#describe(event, pace));
      pace.see(event.done, performance.now());
    } else if (event.type === "script") {
      if (event.running) {
        this.#begin(
          event.revision,
          (elapsed) => `running ${event.step}, ${formatDuration(elapsed)}`,
          true,
        );
      } else this.#end(event.revision);
    } else if (event.type === "waiting") {
      this.#begin(event.what, (elapsed) => `waiting for the lock, ${formatDuration(elapsed)}`);
    } else if (event.type === "fetched" || event.type === "uploaded") {
      this.#end(event.revision);
    } else if (event.type === "checked") this.#end(event.file);
    else if (event.type === "synced") this.#endAll(event.package);
  }

  /** Calls `write`, which writes notes, while the live lines are erased. */
  above(write: () => void): void {
    this.#erase();
    write();
    if (this.#timer !== undefined) this.#draw();
  }

  /** Removes the live lines. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
  }

  #describe(event: ProgressEvent, pace: Pace): string {
    const { work, done, total } = event;
    const bar = this.#bar(total === 0 ? 1 : done / total);
    return `${work} ${bar} ${pace.describe(event, performance.now())}`;
  }

  #begin(subject: string, text: Work["text"], afresh = false): Work {
    const known = afresh ? undefined : this.#works.get(subject);
    const started = performance.now();
    const work = known ?? { started, text, pace: new Pace(started) };
    work.text = text;
    this.#works.set(subject, work);
    this.#timer ??= setInterval(() => this.#draw(), FRAME);
    return work;
  }

  #end(subject: string): void {
    this.#works.delete(subject);
    if (this.#works.size === 0) this.stop();
  }

  /** Ends all lines of a package: no event reports the end of a revision that failed. */
  #endAll(packageName: string): void {
    for (const subject of [...this.#works.keys()]) {
      if (subject.startsWith(`${packageName}.`) || subject.split(" ").at(-1) === packageName) {
        this.#end(subject);
      }
    }
  }

  /** Shorter on a narrow terminal, because the numbers are more useful. */
  #bar(part: number): string {
    const bar = this.#options.screen.columns() < 100 ? BAR / 2 : BAR;
    const full = Math.round(Math.min(1, part) * bar);
    const { good, dim } = this.#options.paint;
    return good("#".repeat(full)) + dim("-".repeat(bar - full));
  }

  #draw(): void {
    const now = performance.now();
    const due = [...this.#works].filter(([, { started }]) => now - started >= PATIENCE);
    if (due.length === 0) return this.#erase();
    const width = this.#options.screen.columns();
    const names = due.map(([subject]) => cutTo(subject, Math.floor(width / 3)));
    const nameWidth = Math.max(...names.map(widthOf));
    const lines = due.map(([, work], i) =>
      `${padTo(names[i] ?? "", nameWidth)}  ${work.text(now - work.started)}`
    );
    this.#show(lines, width);
  }

  #show(lines: readonly string[], width: number): void {
    if (this.#canvas === undefined) {
      void this.#load();
      return;
    }
    // A wrapped line would be counted wrong when the width changes, so no line may wrap.
    this.#canvas(lines.map((line) => fit(line, width - 1)).join("\n"));
    this.#shown = true;
  }

  #erase(): void {
    if (this.#shown) this.#canvas?.clear();
    this.#shown = false;
  }

  /** Loaded only when there is something to draw: most commands end before. */
  async #load(): Promise<void> {
    const { createLogUpdate } = await import("npm:log-update@7.2.0");
    const { screen, write } = this.#options;
    const stream = {
      isTTY: true,
      get columns() {
        return screen.columns();
      },
      get rows() {
        return screen.rows();
      },
      write: (text: string) => {
        write(text);
        return true;
      },
    };
    const create = createLogUpdate as unknown as (
      stream: unknown,
      options: { showCursor: boolean },
    ) => Canvas;
    this.#canvas ??= create(stream, { showCursor: true });
  }
}

/** Cuts a line that may have escape sequences. A line that is too long loses its colors. */
function fit(line: string, width: number): string {
  // deno-lint-ignore no-control-regex -- escape sequences
  const plain = line.replace(/\u001b\[[0-9;]*m/g, "");
  const cut = cutTo(plain, width);
  return cut === plain ? line : cut;
}
