/**
 * A fleet against one server: every machine a root of its own, its syncs in this process. Some machines have FTL 0.1.0,
 * whose syncs are processes: between the deployments they get the present one, and others go back to 0.1.0.
 */
import { jumpMaster, sync } from "../../mod.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { OlderFtl } from "../e2e/older_ftl.ts";
import type { RequestRecord } from "../s3_server/server.ts";
import { type Figures, Lab } from "./lab.ts";
import { PACKAGE } from "./invariants.ts";
import { type Archive, linesOf, makeSite } from "./site.ts";

export interface ThousandOptions {
  readonly machines: number;
  /** Seconds over which the machines of the second deployment are spread. */
  readonly splay: number;
  /** One machine in so many has FTL 0.1.0. */
  readonly older: number;
}

/** For a deployment: the listing, the pointer, the revision. With nothing to do: the listing. */
const DUE_REQUESTS = { deployment: 3, idle: 1 };

/** Deploys twice to all: at once, and with splay. Throws where a machine does not arrive, or asks too often. */
export async function deployToMany(
  { machines, splay, older }: ThousandOptions,
): Promise<Figures> {
  await using lab = await Lab.start([]);
  using ftl = new OlderFtl();
  const fleet = new MixedFleet(lab, ftl, { machines, older });
  const figures: Record<string, number | string> = { machines };
  for (const [seed, how] of [[1, "at once"], [2, "with splay"]] as const) {
    const site = makeSite(PACKAGE, seed, { files: 20, scripts: false });
    const { revision } = await lab.spool(site);
    await jumpMaster(lab.context(), revision);
    fleet.change();
    const found = await fleet.converge({ revision, splay: how === "at once" ? 0 : splay });
    figures[`requests a machine, ${how}`] = found.requests;
    figures[`KB a machine, ${how}`] = (found.bytes / 1000).toFixed(1);
    figures[`seconds until all have it, ${how}`] = found.seconds.toFixed(1);
    figures[`requests in the busiest second, ${how}`] = found.busiest;
    figures[`with 0.1.0, ${how}`] = fleet.olders.size;
    fleet.requireRunning(site);
  }
  const idle = await fleet.converge({ revision: undefined, splay: 0 });
  figures["requests a machine, nothing to do"] = idle.requests;
  return figures;
}

/** What machines with the present FTL asked for. */
interface Convergence {
  /** Of one machine, on average. */
  readonly requests: number;
  /** To one machine, on average. */
  readonly bytes: number;
  readonly seconds: number;
  readonly busiest: number;
}

/** Machines that this one process plays at the same time: their own work, not the server's, takes the time. */
const AT_ONCE = 100;
/** Processes of 0.1.0 at the same time. */
const OLDER_AT_ONCE = 2;

class MixedFleet {
  readonly #lab: Lab;
  readonly #ftl: OlderFtl;
  readonly #older: number;
  readonly #roots: readonly string[];
  #turn = -1;

  constructor(
    lab: Lab,
    ftl: OlderFtl,
    { machines, older }: { readonly machines: number; readonly older: number },
  ) {
    this.#lab = lab;
    this.#ftl = ftl;
    this.#older = older;
    this.#roots = Array.from({ length: machines }, (_, n) => {
      const root = lab.fleet.folder.folder(`roots/${n}/root`);
      Deno.mkdirSync(`${root}/${PACKAGE}`);
      return root;
    });
  }

  /** Other machines have 0.1.0 now. */
  change(): void {
    this.#turn++;
  }

  /** The roots of the machines with 0.1.0. */
  get olders(): ReadonlySet<string> {
    return new Set(this.#roots.filter((_, n) => n % this.#older === this.#turn));
  }

  /** All sync. Throws an Error that names a machine which does not run the revision, or if the present FTL asks too often. */
  async converge(
    { revision, splay }: { revision: string | undefined; splay: number },
  ): Promise<Convergence> {
    const { server } = this.#lab.fleet;
    server.clearLog();
    const { olders } = this;
    const present = this.#roots.filter((root) => !olders.has(root));
    const started = performance.now();
    const passed = (): number => (performance.now() - started) / 1000;
    const busy = new Map<number, number>();
    const concurrency = splay === 0 ? AT_ONCE : present.length;
    let seconds = 0;
    await Promise.all([
      inParallel(present, { concurrency }, async (root) => {
        await this.#sync(root, { revision, splay });
        busy.set(Math.floor(passed()), (busy.get(Math.floor(passed())) ?? 0) + 1);
        // The processes of the others take longer.
        seconds = passed();
      }),
      inParallel([...olders], { concurrency: OLDER_AT_ONCE }, (root) => this.#syncOlder(root)),
    ]);
    this.#requireLinks(revision);
    const own = server.log.filter(isOfPresent);
    const due = present.length * DUE_REQUESTS[revision === undefined ? "idle" : "deployment"];
    if (own.length !== due) throw new Error(`${own.length} requests instead of ${due}`);
    const requests = own.length / present.length;
    const bytes = own.reduce((sum, { sent }) => sum + sent, 0) / present.length;
    return { requests, bytes, seconds, busiest: Math.round(Math.max(...busy.values()) * requests) };
  }

  async #sync(
    root: string,
    { revision, splay }: { revision: string | undefined; splay: number },
  ): Promise<void> {
    const [result] = await sync(this.#lab.context({ root }), splay === 0 ? {} : { splay });
    const [failure] = result?.failures ?? [];
    if (failure !== undefined) throw failure;
    if (revision !== undefined && result?.active !== revision) {
      throw new Error(`${root} runs ${result?.active} instead of ${revision}`);
    }
  }

  async #syncOlder(root: string): Promise<void> {
    const env = { ...this.#lab.env, FTL_ROOT: root };
    const { code, stderr } = await this.#ftl.start(["sync"], { cwd: root, env }).output();
    if (code !== 0) {
      throw new Error(`${root}: 0.1.0 ended with ${code}: ${new TextDecoder().decode(stderr)}`);
    }
  }

  #requireLinks(revision: string | undefined): void {
    if (revision === undefined) return;
    for (const root of this.#roots) {
      const current = Deno.readLinkSync(`${root}/${PACKAGE}/current`);
      if (current.replace("revs/", `${PACKAGE}.`) !== revision) {
        throw new Error(`${root} runs ${current} instead of ${revision}`);
      }
    }
  }

  /** The last machine, and those with 0.1.0, have each byte of it. */
  requireRunning(site: Archive): void {
    for (const root of [...this.olders, this.#roots.at(-1)]) {
      const last = linesOf(`${root}/${PACKAGE}/current/`);
      if (last !== site.lines) throw new Error(`${root} does not run what was spooled`);
    }
  }
}

/** 0.1.0 does not say who it is. */
function isOfPresent({ agent = "" }: RequestRecord): boolean {
  return agent.includes("ftl/");
}
