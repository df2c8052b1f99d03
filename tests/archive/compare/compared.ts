/** Comparisons as lines that tests read well. */
import { compareTree, type Finding } from "../../../src/archive/compare.ts";
import { stream } from "../builders.ts";
import type { Playground } from "../playground.ts";

interface Compared {
  readonly rest?: string;
  readonly chunk?: number;
}

/** Compares; the answer has a line for each finding, as `changed a mode 0777 0644, content`. */
export async function compare(
  play: Playground,
  bytes: Uint8Array,
  { rest = "tar", chunk }: Compared = {},
): Promise<string[]> {
  const { findings } = await compareTree(stream(bytes, chunk), {
    package: "my_site",
    rest,
    target: play.target,
  });
  return findings.map(line);
}

function line({ finding, path, differences }: Finding): string {
  const words = differences.map(({ what, found, spooled }) =>
    [what, found, spooled].filter((word) => word !== undefined).join(" ")
  );
  return [finding, path, words.join(", ")].filter((word) => word !== "").join(" ");
}

/** Without lines that have only a time, unless one is expected. */
export function withoutTimes(found: readonly string[], expected: readonly string[]): string[] {
  return found.map((one) => expected.includes(one) ? one : one.replace(/,? time \S+ \S+$/, ""))
    .filter((one) => !/^changed \S+$/.test(one));
}
