/** How an error must look. Every test uses this one check. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import type { Ran } from "./fleet.ts";

/** One error line, perhaps a hint, no stack, and nothing on stdout. */
export function assertError(
  { code, stdout, stderr }: Ran,
  wanted: { code: number; says: RegExp; hint?: RegExp },
): void {
  const lines = stderr.trimEnd().split("\n");
  const error = lines.findIndex((line) => line.startsWith("ftl: "));
  assertEquals([code, stdout], [wanted.code, ""], stderr);
  assertMatch(lines[error] ?? stderr, wanted.says);
  if (wanted.hint !== undefined) assertMatch(lines[error + 1] ?? "", wanted.hint);
  const others = lines.slice(error + 1).filter((line) =>
    !/^hint: |^[\w-]+: 1 failure, in /.test(line)
  );
  assertEquals(others, [], stderr);
  assert(!/^\s+at /m.test(stderr), stderr);
}
