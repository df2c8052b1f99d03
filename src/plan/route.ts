/**
 * Decides which way a revision comes to a machine: whole, or by a delta, which is a patch for what is here already. A
 * delta that is not expected to be faster than the whole object is not used: copying the unchanged files of a large
 * revision takes as long as unpacking them, also where the copies share blocks, unless a spare has them in place already.
 *
 *     FTL_DELTA   a base here   tree is trusted   a spare   the revision comes
 *     off         -             -                 -         whole
 *     others      no            -                 -         whole
 *     auto        yes           -                 no        whole
 *     auto        yes           no                yes       whole, and it is told why
 *     always      yes           no                -         whole, and it is told why
 *     auto        yes           yes               yes       by a delta
 *     always      yes           yes               -         by a delta
 *
 * All of S3's trees and patches may be missing, so the way by a delta may still end with the whole object.
 */
import type { Config, DeltaSetting } from "../config.ts";

/** What the route depends on. */
export interface RouteFacts {
  readonly setting: DeltaSetting;
  /** Whether a revision is here whose object in S3 is known. */
  readonly hasBase: boolean;
  /** Whether it is known what the revision must be, from somebody whom the machine trusts as far as it asks for that. */
  readonly isTreeTrusted: boolean;
  /** Whether there is a spare, of which is known that its files are unchanged. */
  readonly hasSpare: boolean;
}

export type Route =
  | { readonly by: "delta" }
  /** `why`: set if a delta would have been expected. `noGain`: set if one could be made, and would not be faster. */
  | { readonly by: "whole"; readonly why?: string; readonly noGain?: string };

/** The way that is to be tried. */
export function routeOf(facts: RouteFacts): Route {
  const { setting, hasBase, isTreeTrusted, hasSpare } = facts;
  if (setting === "off" || !hasBase) return { by: "whole" };
  if (setting === "auto" && !hasSpare) {
    return { by: "whole", noGain: "there is no spare" };
  }
  if (!isTreeTrusted) return { by: "whole", why: "nobody who is trusted has signed its tree" };
  return { by: "delta" };
}

/**
 * Whether a later delta may use what is known of the files of a revision that comes now. If not, nothing is fetched,
 * looked at or written for it.
 */
export function servesLaterDeltas({ delta, spare }: Pick<Config, "delta" | "spare">): boolean {
  return delta === "always" || (delta === "auto" && spare);
}
