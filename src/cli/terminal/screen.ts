/** Where stdout and stderr lead, and how they may be written to. */
import type { Environment } from "../../config.ts";

/** A stream as `mod.ts` finds it. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns and rows at this moment, because a terminal's size changes. Undefined if it is not a terminal. */
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
}

/** How a stream may be written to. */
export interface Screen {
  /** Whether to write aligned columns and marks instead of lines for programs. */
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Whether lines may be redrawn. */
  readonly redraw: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
}

const WIDTH_WITHOUT_TERMINAL = 80;
const ROWS_WITHOUT_TERMINAL = 24;

/**
 * Colors: `NO_COLOR` forbids them, `FORCE_COLOR` forces them (https://no-color.org, https://force-color.org).
 * Otherwise they are on if the stream is a terminal and not dumb. Redrawing needs such a terminal, and no `CI`.
 */
export function makeScreen(stream: OutputStream, env: Environment): Screen {
  const dumb = env["TERM"] === "dumb";
  const able = stream.isTerminal && !dumb;
  const forced = Boolean(env["FORCE_COLOR"]) && env["FORCE_COLOR"] !== "0";
  return {
    isTerminal: stream.isTerminal,
    color: env["NO_COLOR"] ? false : forced || able,
    redraw: able && !env["CI"],
    columns: () => stream.size()?.columns ?? WIDTH_WITHOUT_TERMINAL,
    rows: () => stream.size()?.rows ?? ROWS_WITHOUT_TERMINAL,
  };
}
