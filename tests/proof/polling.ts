/**
 * A fleet that syncs each minute with `--list-every 600`: what it asks S3 for, what that costs, and when it sees what.
 * Every machine is a root of its own, its syncs are in this process, and minutes pass by the machines' clock.
 */
import { type Context, jumpMaster, sync } from "../../mod.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import type { RequestRecord } from "../s3_server/server.ts";
import { Random } from "../random.ts";
import { makeSite } from "./site.ts";

export interface PollingOptions {
  readonly seed: number;
  readonly machines: number;
  /** How many minutes are counted: at least 13. */
  readonly minutes: number;
}

/** Seconds, as the timers of `ftl setup` have them. */
const LIST_EVERY = 600;
const SPLAY = 30;

/** Minutes in which the machines begin, each at another time. They are not counted. */
const WARM_UP = 11;
/** Minutes after which every machine must have fetched a candidate. */
const SEEN_AFTER = 12;

/** US$ for 1,000 requests to S3 Standard in us-east-1. */
const PRICES = { lists: 0.005, polls: 0.0004 };
/** The fleet and the time that the costs are told for. */
const FLEET = 5000;
const MONTH = 30 * 24 * 60;
/** US$ a month. */
const MOST_COST = 200;

const MACHINES_AT_ONCE = 50;

/**
 * At first a candidate is spooled, and once all must have it, it is blessed. Throws where a machine sees one of both
 * too late, asks for something else, or where such a fleet costs too much.
 */
export async function pollByMany({ seed, machines, minutes }: PollingOptions): Promise<Figures> {
  await using lab = await Lab.start([]);
  const random = new Random(seed);
  const fleet = Array.from({ length: machines }, (_, n) => {
    const root = lab.fleet.folder.folder(`roots/${n}/root`);
    Deno.mkdirSync(`${root}/${PACKAGE}`);
    return lab.context({ root, env: { FTL_MACHINE: `machine-${seed}-${n}` } });
  });
  const spool = async (turn: number): Promise<string> =>
    (await lab.spool(makeSite(PACKAGE, turn, { files: 5, scripts: false }))).revision;
  const first = await spool(1);
  await jumpMaster(lab.context(), first);
  let [due, candidate] = [first, ""];
  const count = new RequestCount();
  const begun = Date.now();
  for (let minute = 0; minute < WARM_UP + minutes; minute++) {
    if (minute === WARM_UP) candidate = await spool(2);
    const isBlessed = minute >= WARM_UP + SEEN_AFTER;
    if (isBlessed && due !== candidate) {
      await jumpMaster(lab.context(), candidate);
      due = candidate;
    }
    lab.fleet.server.clearLog();
    const awake = fleet.filter((_, n) => n % WARM_UP <= minute).map((context): Context => {
      const now = begun + minute * 60_000 + random.below(SPLAY * 1000);
      return { ...context, now: () => now };
    });
    await inParallel(awake, { concurrency: MACHINES_AT_ONCE }, async (context) => {
      const [result] = await sync(context, { listEvery: LIST_EVERY });
      const { root } = context.config;
      if (result?.failures[0] !== undefined) throw result.failures[0];
      if (result?.active !== due) throw new Error(`${root} runs ${result?.active} and not ${due}`);
      if (isBlessed && result.fetched.length > 0) {
        throw new Error(`${root} has not seen the candidate within ${SEEN_AFTER} minutes`);
      }
    });
    if (minute >= WARM_UP) count.addMinute(lab.fleet.server.log);
  }
  return count.figures({ machines, minutes });
}

class RequestCount {
  #lists = 0;
  #polls = 0;
  #downloads = 0;
  /** The most listings within one minute. */
  #busiest = 0;

  addMinute(log: readonly RequestRecord[]): void {
    const lists = log.filter(({ operation }) => operation === "ListObjectsV2").length;
    const gets = log.filter(({ operation }) => operation === "GetObject");
    if (lists + gets.length !== log.length) throw new Error("requests of another kind");
    const polls = gets.filter(({ key }) => key === `${PACKAGE}.rev`).length;
    this.#lists += lists;
    this.#polls += polls;
    this.#downloads += gets.length - polls;
    this.#busiest = Math.max(this.#busiest, lists);
  }

  /** Throws where a fleet costs too much. */
  figures({ machines, minutes }: { machines: number; minutes: number }): Figures {
    const price = (PRICES.lists * this.#lists + PRICES.polls * this.#polls) / 1000;
    const cost = price / (machines * minutes) * FLEET * MONTH;
    if (cost >= MOST_COST) throw new Error(`${FLEET} machines cost ${cost} US$ a month`);
    return {
      machines,
      minutes,
      "listings a machine and hour": (this.#lists / machines / minutes * 60).toFixed(2),
      "polls a machine and hour": (this.#polls / machines / minutes * 60).toFixed(2),
      "downloads": this.#downloads,
      "share of machines that list in the busiest minute": (this.#busiest / machines).toFixed(2),
      [`US$ a month for ${FLEET} machines`]: cost.toFixed(),
    };
  }
}
