/** A store to try FTL on: how it is installed, started and ended. */
import type { Processes } from "./processes.ts";

export interface StartedStore {
  /** `http://127.0.0.1:...` */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Store {
  readonly name: string;
  /** Programs that it takes, with what brings each. */
  readonly programs: Readonly<Record<string, string>>;
  /** How these are installed: Debian packages, or what a person has to do. */
  readonly install: { readonly debian: readonly string[] } | { readonly byHand: string };
  /** Why two racers may win with nobody told, where the store's own faults let them. */
  readonly racyBecause?: string;
  version(processes: Processes): Promise<string>;
  /** Starts it in a folder of its own, on loopback. */
  start(folder: string, processes: Processes): Promise<StartedStore>;
}

export const REGION = "us-east-1";
export const SECRET = "ftl-local-secret";
