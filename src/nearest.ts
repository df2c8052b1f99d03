/** Finds the name that a user probably meant when he mistyped one. */
import { closestString as untypedClosestString } from "npm:deno-std@1.4.0/text/closest_string.js";
import { levenshteinDistance as untypedDistance } from "npm:deno-std@1.4.0/text/levenshtein_distance.js";

// npm:deno-std has no types: cast at once.
const closestString = untypedClosestString as unknown as (
  word: string,
  candidates: readonly string[],
) => string;
const distanceOf = untypedDistance as unknown as (a: string, b: string) => number;

/** The name that is nearest to a word. Undefined if no name is near enough. */
export function nearestOf(word: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const nearest = closestString(word, names);
  return distanceOf(word, nearest) <= Math.max(1, Math.floor(nearest.length / 3))
    ? nearest
    : undefined;
}
