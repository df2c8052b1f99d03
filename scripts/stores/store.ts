/** A store to try FTL on: how to install, start and end it. */
import type { Processes } from "./processes.ts";

export interface StartedStore {
  /** `http://127.0.0.1:...` */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Store {
  readonly name: string;
  /** The programs that it needs, each with the package that contains it. */
  readonly programs: Readonly<Record<string, string>>;
  /** How to install these: Debian packages, or what a person must do. */
  readonly install: { readonly debian: readonly string[] } | { readonly byHand: string };
  /** If a fault of the store lets two racers win unnoticed: that fault. */
  readonly racyBecause?: string;
  version(processes: Processes): Promise<string>;
  /** Starts the store in a folder of its own, on loopback. */
  start(folder: string, processes: Processes): Promise<StartedStore>;
}

export const REGION = "us-east-1";
export const SECRET = "ftl-local-secret";
