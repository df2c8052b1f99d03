/** What harnesses tell while they run, and the figures at their end. */
import type { Figures } from "./lab.ts";

/** A line on stderr, also from within a quiet test run: a seed must be there when a test fails. */
export function announce(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

export function figuresLine(name: string, figures: Figures): string {
  return `${name}: ${
    Object.entries(figures).map(([what, value]) => `${value} ${what}`).join(", ")
  }`;
}
