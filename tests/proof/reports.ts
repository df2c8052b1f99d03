/** One look at a large fleet: the requests and the memory that `ftl fleet` needs for thousands of reports. */
import { jumpMaster, sync } from "../../mod.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { reportKey } from "../../src/revision/keys.ts";
import { PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { makeSite } from "./site.ts";

/** Megabytes. */
const MOST_MEMORY = 200;
/** The executable has it built in. */
const V8_FLAGS = "--max-semi-space-size=4,--min-semi-space-size=4";
/** Keys of a listing. */
const A_PAGE = 1000;

/** Throws an Error if the look needs more than a listing and each report once, or too much memory. */
export async function lookAtMany({ machines }: { machines: number }): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  await writeReports(lab, machines);
  const { server } = lab.fleet;
  server.clearLog();
  const started = performance.now();
  const child = lab.launch(["fleet", PACKAGE, "--json"], { env: { DENO_V8_FLAGS: V8_FLAGS } });
  const watch = new MemoryWatch(child.pid);
  const { code, stdout, stderr } = await child.output();
  const memory = watch.stop();
  const seconds = (performance.now() - started) / 1000;
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`exit ${code}: ${decoder.decode(stderr)}`);
  const shown = JSON.parse(decoder.decode(stdout)).machines.length;
  if (shown !== machines) throw new Error(`${shown} machines are shown instead of ${machines}`);
  const count = (pattern: RegExp): number =>
    server.log.filter(({ operation, key }) => pattern.test(`${operation} ${key ?? ""}`)).length;
  const reads = count(/^GetObject \.ftl\/fleet\//);
  if (reads !== machines) throw new Error(`${reads} reports were read`);
  const lists = count(/^ListObjectsV2 /);
  const pages = Math.ceil(machines / A_PAGE);
  if (lists !== pages) throw new Error(`${lists} pages were listed instead of ${pages}`);
  if (memory > MOST_MEMORY) throw new Error(`${memory.toFixed()} MB`);
  return { machines, lists, "MB at most": memory.toFixed(), seconds: seconds.toFixed(1) };
}

/** One machine reports; the others say the same under names of their own. */
async function writeReports(lab: Lab, machines: number): Promise<void> {
  const { revision } = await lab.spool(makeSite(PACKAGE, 1, { files: 1, scripts: false }));
  await jumpMaster(lab.context(), revision);
  const first = lab.env["FTL_MACHINE"] ?? "";
  await sync(lab.context({ env: { FTL_REPORT: "3600" } }));
  const report = await lab.bucket.getSmall(reportKey(first));
  if (report === undefined) throw new Error("The machine has not reported");
  const names = Array.from({ length: machines - 1 }, (_, n) => `i-${n}`);
  await inParallel(names, { concurrency: 32 }, async (name) => {
    const text = report.text.replaceAll(first, name);
    await lab.bucket.put(reportKey(name), text, { metadata: {} });
  });
}
