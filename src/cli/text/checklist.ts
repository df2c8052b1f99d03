/** The findings of `ftl doctor` as lines of text: one for each check, and below it how to fix it. */
import type { Check, CheckStatus } from "../../commands/doctor/doctor.ts";
import { oneLine } from "../../foreign_text.ts";
import type { Paint } from "../terminal/paint.ts";
import { padTo, widthOf } from "../terminal/width.ts";

export function checkLines(checks: readonly Check[], { paint }: { paint: Paint }): string[] {
  const width = Math.max(...checks.map(({ name }) => widthOf(name)));
  const colors: Record<CheckStatus, (text: string) => string> = {
    ok: paint.good,
    info: paint.dim,
    warn: paint.warning,
    fail: paint.bad,
  };
  return checks.flatMap(({ name, status, detail, hint }) => [
    `${padTo(colors[status](status), 4)}  ${padTo(name, width)}  ${oneLine(detail)}`,
    ...(hint === undefined ? [] : [`      ${paint.dim(`hint: ${oneLine(hint)}`)}`]),
  ]);
}
