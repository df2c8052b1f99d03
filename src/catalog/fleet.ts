/**
 * Reads the reports of the fleet from the bucket: one listing, and the reports whose ETag is new since the last look.
 * Reports are claims of machines, so what is read is bounded, and what cannot be read is a row like any other.
 */
import type { Bucket, ListedObject } from "../bucket/bucket.ts";
import { inParallel } from "../concurrency/parallel.ts";
import { IntegrityError } from "../errors.ts";
import { askForCollection } from "../garbage.ts";
import { OUT_AFTER, type SeenReport } from "../plan/fleet.ts";
import { REPORTS_PREFIX } from "../revision/keys.ts";
import { isMachineName } from "../machine_name.ts";
import type { PackageName } from "../revision/names.ts";
import { LONGEST_REPORT, type MachineReport, parseReport } from "../revision/report.ts";

/** Reports that are read at the same time. More cost memory, and these keep a processor busy already. */
const CONCURRENCY = 32;
/** After so many reports, what their requests have left in memory is to be garbage-collected. */
const REPORTS_A_COLLECTION = 500;
/** A fleet has fewer machines. What comes after them is not read. */
const MOST_KEYS = 100_000;
const MOST_PAGES = MOST_KEYS / 1000;

/** What the bucket has of the fleet at one moment. */
export interface FleetReports {
  /** S3's time: Unix milliseconds. */
  readonly at: number;
  /** In the order of the machines' names. Those that are out for a week are left out. */
  readonly reports: readonly SeenReport[];
}

interface Known {
  readonly etag: string;
  readonly report: MachineReport | undefined;
}

export interface FleetReaderOptions {
  /** Keeps only this package of each report, so that a large fleet needs little memory. */
  readonly only?: PackageName | undefined;
  readonly signal: AbortSignal;
  /** Unix milliseconds, for a bucket that does not tell its own time. */
  readonly now: () => number;
}

/** Looks at the fleet again and again, and reads what has changed. */
export class FleetReader {
  readonly #bucket: Bucket;
  readonly #options: FleetReaderOptions;
  #known: ReadonlyMap<string, Known> = new Map();
  #reads = 0;

  constructor(bucket: Bucket, options: FleetReaderOptions) {
    this.#bucket = bucket;
    this.#options = options;
  }

  /** Throws `StorageError` if the listing or a report is denied, or if S3 cannot be reached. */
  async read(): Promise<FleetReports> {
    const objects = await listReports(this.#bucket);
    const at = this.#bucket.serverTime() ?? this.#options.now();
    const living = objects.filter(({ modified }) => at - modified < OUT_AFTER);
    const { signal } = this.#options;
    const found = await inParallel(living, { concurrency: CONCURRENCY, signal }, async (object) => {
      return [object, await this.#reportOf(object)] as const;
    });
    this.#known = new Map(found.map(([{ key, etag }, report]) => [key, { etag, report }]));
    const reports = found.map(([{ key, modified }, report]): SeenReport => {
      return { machine: key.slice(REPORTS_PREFIX.length), seen: modified, report };
    });
    return { at, reports };
  }

  async #reportOf({ key, etag, size }: ListedObject): Promise<MachineReport | undefined> {
    const known = this.#known.get(key);
    if (known?.etag === etag) return known.report;
    if (size > LONGEST_REPORT || !isMachineName(key.slice(REPORTS_PREFIX.length))) return undefined;
    if (++this.#reads % REPORTS_A_COLLECTION === 0) askForCollection();
    const text = await this.#textOf(key);
    const report = text === undefined ? undefined : parseReport(text);
    const { only } = this.#options;
    if (report === undefined || only === undefined) return report;
    const found = report.packages.get(only);
    return { ...report, packages: new Map(found === undefined ? [] : [[only, found]]) };
  }

  /** Undefined also if it was removed meanwhile, or has become too large. */
  async #textOf(key: string): Promise<string | undefined> {
    try {
      return (await this.#bucket.getSmall(key, { limit: LONGEST_REPORT }))?.text;
    } catch (error) {
      if (error instanceof IntegrityError) return undefined;
      throw error;
    }
  }
}

/** The objects of all reports. */
export async function listReports(bucket: Bucket): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  let next: string | undefined;
  // A store whose pages are empty, or have no end, is not followed for ever.
  for (let page = 0; page < MOST_PAGES; page++) {
    const { objects, next: following } = await bucket.listPage({
      prefix: REPORTS_PREFIX,
      after: "",
      next,
    });
    found.push(...objects.filter(({ key }) => key !== REPORTS_PREFIX));
    next = following;
    if (next === undefined) break;
  }
  return found.slice(0, MOST_KEYS);
}
