/** What stdout and stderr lead to, and what may be done there. */
import type { Environment } from "../../config.ts";

/** A stream as `mod.ts` finds it. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns and rows at this moment: a terminal's size changes. Undefined where it is none. */
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
}

/** How a stream may be written to. */
export interface Screen {
  /** Aligned columns and marks rather than lines for programs. */
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Whether lines may be drawn over again. */
  readonly redraw: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
}

const WIDTH_WITHOUT_TERMINAL = 80;
const ROWS_WITHOUT_TERMINAL = 24;

/**
 * Colors: `NO_COLOR` forbids, `FORCE_COLOR` forces (https://no-color.org, https://force-color.org), else on a
 * terminal that is not dumb. Redrawing: only on such a terminal, and not under `CI`.
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
