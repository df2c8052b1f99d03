/**
 * Decides whether a package's folder was copied from another machine: by an image, a snapshot or a restored
 * backup. FTL stores in each package which machine it belongs to, and compares.
 */

/** What tells FTL which machine it runs on: see `src/machine/identity.ts`. */
export const IDENTITY_SOURCES = [
  "FTL_MACHINE",
  "cloud-init",
  "instance metadata",
  "host name",
] as const;
export type IdentitySource = typeof IDENTITY_SOURCES[number];

export interface MachineIdentity {
  /** The machine's name. */
  readonly machine: string;
  readonly source: IdentitySource;
  /** The host's name. */
  readonly host: string;
}

/**
 * - `same`: the package belongs to this machine.
 * - `new`: it belongs to this machine from now on.
 * - `copy`: it was copied from another machine.
 * - `unclear`: this machine cannot tell now.
 */
export type Origin = "same" | "new" | "copy" | "unclear";

/**
 * Compares the stored machine with this one. "Weaker" means that only the host's name is known now, while more
 * was known before.
 *
 *     stored?   same name?   same source?   same host?   weaker?   it is
 *     no        -            -              -            -         new
 *     yes       yes          yes            yes          -         same
 *     yes       yes          else                        -         new
 *     yes       no           -              -            yes       unclear
 *     yes       no           no             yes          no        new
 *     yes       no           else                        no        copy
 *
 * FTL 0.1.0 stores nothing, so its packages are never copies. `unclear`: perhaps cloud-init has not begun yet.
 * Another source on the same host: somebody has set or unset `FTL_MACHINE`.
 */
export function originOf(stored: MachineIdentity | undefined, me: MachineIdentity): Origin {
  if (stored === undefined) return "new";
  const [sameSource, sameHost] = [stored.source === me.source, stored.host === me.host];
  if (stored.machine === me.machine) return sameSource && sameHost ? "same" : "new";
  if (me.source === "host name" && !sameSource) return "unclear";
  return sameHost && !sameSource ? "new" : "copy";
}
