/** What a case of the benchmark is: contenders that run in turn, and targets. */
import type { Corpora } from "./corpora.ts";
import type { Measured } from "./programs.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./targets.ts";
import type { Tools } from "./tools.ts";

export interface Contender {
  readonly name: string;
  readonly run: () => Promise<Measured>;
  /** Not measured: removes the files that the run has made. */
  readonly after?: () => void | Promise<void>;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Rounds of this case if they are not the usual ones. With 1 there is no round before to warm up. */
  readonly rounds?: number;
  /**
   * Not measured: makes the contenders.
   * @throws Unavailable if this machine cannot run the case
   */
  readonly prepare: () => Promise<Contender[]>;
  /** Not measured, and for all contenders. */
  readonly beforeRound?: () => Promise<void>;
  readonly afterRound?: () => Promise<void>;
  readonly clean?: () => Promise<void>;
  /** Numbers other than times, taken after all rounds. */
  readonly facts?: () => Promise<Readonly<Record<string, number>>>;
  readonly targets: readonly Target[];
  /** It takes long, so it runs only if it is named. */
  readonly isExtra?: boolean;
}

/** What the cases have in common. */
export interface Setting {
  readonly stage: Stage;
  readonly corpora: Corpora;
  readonly tools: Tools;
}

/** This machine cannot run the case. The message says why, after "not measured: ". */
export class Unavailable extends Error {}

/** Megabytes of memory that no command may exceed. */
export const MEMORY = 200;
