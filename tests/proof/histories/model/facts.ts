/** What the model knows: a fleet in a few values. Times are Unix milliseconds. */

/** A revision has at most one script. It fails on machines with one of these letters, until they are mended. */
export interface Traits {
  readonly script: "post-sync" | "pre-jump" | "post-jump" | "health" | undefined;
  readonly failsOn: string;
}

/** Who may take the candidate `next`. */
export interface Rollout {
  readonly next: string;
  readonly id: number;
  readonly cut: number;
  readonly share: number;
  /** Unix seconds. */
  readonly at: number;
  readonly over: number | undefined;
  readonly groups: readonly string[];
  readonly halt: number;
  readonly paused: boolean;
}

/** What is blessed. */
export interface Pointer {
  readonly blessed: string;
  readonly replaced: string | undefined;
  /** The serial of the write that blessed it: names the blessing. */
  readonly since: number;
  readonly serial: number;
  readonly stopped?: string | undefined;
  readonly rollout?: Rollout | undefined;
}

/** What was blessed when a person jumped. */
export interface Hold {
  readonly blessed: string | undefined;
  readonly since: number | undefined;
  readonly rollout: number | undefined;
}

export class Machine {
  active: string | undefined;
  previous: string | undefined;
  /** What is here, and whether it is ready. */
  readonly here = new Map<string, boolean>();
  /** On what is active. */
  hold: Hold | undefined;
  /** Quarantines: the blessing under which a revision failed. */
  readonly bad = new Map<string, number>();
  /** What the last sync has seen. */
  known: Pointer | undefined;
  /** It has seen that the rollout of this pointer is halted. */
  halt: { readonly serial: number; readonly at: number } | undefined;
  isPaused = false;
  isMended = false;
  hasReported = false;

  constructor(readonly name: string, readonly letter: string, readonly group: string | undefined) {}
}

/** A step of a rollout, as a person asks for it. */
export interface Asked {
  readonly percent?: number | undefined;
  readonly machines?: number | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly over?: number | undefined;
  readonly halt?: number | undefined;
  readonly pause?: boolean | undefined;
  readonly again?: boolean | undefined;
}

/** Exit codes. */
export const [OK, USAGE, NOT_FOUND, SCRIPT] = [0, 2, 3, 6] as const;
