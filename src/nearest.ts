/** What somebody may have meant who mistyped a name. */
import { closestString as untypedClosestString } from "npm:deno-std@1.4.0/text/closest_string.js";
import { levenshteinDistance as untypedDistance } from "npm:deno-std@1.4.0/text/levenshtein_distance.js";

// npm:deno-std has no types: cast at once.
const closestString = untypedClosestString as unknown as (
  word: string,
  candidates: readonly string[],
) => string;
const distanceOf = untypedDistance as unknown as (a: string, b: string) => number;

/** The name that is nearest to a word, where one is near enough to be meant. */
export function nearestOf(word: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const nearest = closestString(word, names);
  return distanceOf(word, nearest) <= Math.max(1, Math.floor(nearest.length / 3))
    ? nearest
    : undefined;
}
