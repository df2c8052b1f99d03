/** A fleet against one server: every machine a root of its own, its syncs in this process. */
import { jumpMaster, sync } from "../../mod.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { Lab } from "./lab.ts";
import type { Figures } from "./lab.ts";
import { PACKAGE } from "./invariants.ts";
import { linesOf, makeSite } from "./site.ts";

export interface ThousandOptions {
  readonly machines: number;
  /** Seconds over which the machines of the second deployment are spread. */
  readonly splay: number;
}

/** For a deployment: the listing, the pointer, the revision. With nothing to do: the listing. */
const DUE_REQUESTS = { deployment: 3, idle: 1 };

/** Deploys twice to all: at once, and with splay. Throws where a machine does not arrive, or asks too often. */
export async function deployToMany({ machines, splay }: ThousandOptions): Promise<Figures> {
  await using lab = await Lab.start([]);
  const roots = Array.from({ length: machines }, (_, n) => {
    const root = lab.fleet.folder.folder(`roots/${n}/root`);
    Deno.mkdirSync(`${root}/${PACKAGE}`);
    return root;
  });
  const figures: Record<string, number | string> = { machines };
  for (const [seed, how] of [[1, "at once"], [2, "with splay"]] as const) {
    const site = makeSite(PACKAGE, seed, { files: 20, scripts: false });
    const { revision } = await lab.spool(site);
    await jumpMaster(lab.context(), revision);
    const found = await converge(lab, roots, { revision, splay: how === "at once" ? 0 : splay });
    figures[`requests a machine, ${how}`] = found.requests / machines;
    figures[`KB a machine, ${how}`] = (found.bytes / machines / 1000).toFixed(1);
    figures[`seconds until all have it, ${how}`] = found.seconds.toFixed(1);
    figures[`requests in the busiest second, ${how}`] = found.busiest;
    const last = linesOf(`${roots.at(-1)}/${PACKAGE}/current/`);
    if (last !== site.lines) throw new Error(`${roots.at(-1)} does not run what was spooled`);
  }
  const idle = await converge(lab, roots, { revision: undefined, splay: 0 });
  figures["requests a machine, nothing to do"] = idle.requests / machines;
  return figures;
}

interface Convergence {
  readonly requests: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly busiest: number;
}

/** Machines that this one process plays at the same time: their own work, not the server's, takes the time. */
const AT_ONCE = 100;

async function converge(
  lab: Lab,
  roots: readonly string[],
  { revision, splay }: { revision: string | undefined; splay: number },
): Promise<Convergence> {
  const { server } = lab.fleet;
  server.clearLog();
  const started = performance.now();
  const busy = new Map<number, number>();
  const options = splay === 0 ? {} : { splay };
  await inParallel(roots, { concurrency: splay === 0 ? AT_ONCE : roots.length }, async (root) => {
    const [result] = await sync(lab.context({ root }), options);
    const [failure] = result?.failures ?? [];
    if (failure !== undefined) throw failure;
    if (revision !== undefined && result?.active !== revision) {
      throw new Error(`${root} runs ${result?.active} instead of ${revision}`);
    }
    const second = Math.floor((performance.now() - started) / 1000);
    busy.set(second, (busy.get(second) ?? 0) + 1);
  });
  const seconds = (performance.now() - started) / 1000;
  const requests = server.log.length;
  const due = roots.length * DUE_REQUESTS[revision === undefined ? "idle" : "deployment"];
  if (requests !== due) throw new Error(`${requests} requests instead of ${due}`);
  const bytes = server.log.reduce((sum, { sent }) => sum + sent, 0);
  const each = requests / roots.length;
  return { requests, bytes, seconds, busiest: Math.round(Math.max(...busy.values()) * each) };
}
