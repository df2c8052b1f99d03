/** A bar of parts, with the number and the name of each part below it. */
import { type Markup, markup, NOTHING } from "./markup.ts";

/**
 * How a part or a state is coloured. Words always stand beside it.
 *
 * - `good`: as it should be.
 * - `info`: under way.
 * - `wait`: not in line, for a reason that a person or time may end.
 * - `bad`: failed.
 * - `rest`: all others.
 */
export type Tone = "good" | "info" | "wait" | "bad" | "rest";

export interface BarPart {
  readonly tone: Tone;
  /** A number of machines. */
  readonly count: number;
  /** `run the candidate`, after the number. */
  readonly words: string;
  /** Explains the words. */
  readonly more?: string;
}

/** Percent of the bar. A single machine of 5,000 can still be seen. */
const NARROWEST = 0.6;

/** The bar is hidden from screen readers, because the list says the same. */
export function bar(parts: readonly BarPart[]): Markup {
  const widths = widthsOf(parts.map(({ count }) => count));
  let x = 0;
  const pieces = parts.map(({ tone }, i) => {
    const width = widths[i] ?? 0;
    const from = x;
    x += width;
    if (width === 0) return NOTHING;
    return markup`<rect class=${tone} x="${percent(from)}" width="${
      percent(width)
    }" height="100%"/>`;
  });
  return markup`<svg class=bar aria-hidden=true>${pieces}</svg>\n${list(parts)}`;
}

function list(parts: readonly BarPart[]): Markup {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const items = parts.map(({ tone, count, words, more }) => {
    const share = total === 0
      ? NOTHING
      : markup` <span class=dim>${formatPercent(100 * count / total)}</span>`;
    const below = more === undefined ? NOTHING : markup` <small>${more}</small>`;
    return markup`<li class=${tone}><b>${count} ${words}</b>${share}${below}\n`;
  });
  return markup`<ul class=parts>\n${items}</ul>\n`;
}

/** Shares in percent, with those of the small parts made wide enough. */
function widthsOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const wide = counts.map((count) => {
    return count === 0 ? 0 : Math.max(NARROWEST, 100 * count / total);
  });
  const sum = wide.reduce((sum, width) => sum + width, 0);
  return wide.map((width) => width === 0 ? 0 : 100 * width / sum);
}

function percent(width: number): string {
  return `${Number(width.toFixed(3))}%`;
}

/** `33.3 %`. What is more than nothing does not become 0 %, and less than all not 100 %. */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return "less than 0.1 %";
  if (percent < 100 && percent > 99.9) return "more than 99.9 %";
  return `${Number(percent.toFixed(1))} %`;
}
