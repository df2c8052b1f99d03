/** How a revision came to the machines of a fleet, for people. */
import type { Fleet } from "../../commands/fleet.ts";
import type { FetchedHow } from "../../events.ts";
import { formatBytes } from "../terminal/narration.ts";

/**
 * How what is blessed came to the machines that run it: `downloads: 25 by the spare, 1 by a delta, 1 whole; 412.3 kB in
 * all`. Nothing where no delta was used.
 */
export function downloadLines({ blessed, machines }: Fleet): string[] {
  const told = machines.filter(({ active, state, how }) =>
    active !== undefined && active === blessed && state !== "gone" && how !== undefined
  );
  if (told.every(({ how }) => how === "whole")) return [];
  const counts = Object.entries(HOW_WORDS).flatMap(([word, words]) => {
    const count = told.filter(({ how }) => how === word).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const moved = told.reduce((sum, machine) => sum + (machine.moved ?? 0), 0);
  return [`downloads: ${counts.join(", ")}; ${formatBytes(moved)} in all`];
}

const HOW_WORDS: Readonly<Record<FetchedHow, string>> = {
  spare: "by the spare",
  delta: "by a delta",
  whole: "whole",
};
