/** What the commands after a crash must find and mend. */
import { type Context, planSyncs, spool, status, sync } from "../../mod.ts";
import { openUploads, PACKAGE } from "./invariants.ts";
import type { Lab } from "./lab.ts";
import { ScriptError } from "../../src/errors.ts";
import type { Archive } from "./site.ts";

const DAY = 24 * 60 * 60 * 1000;

/**
 * One sync must leave nothing to do and no rubbish, one with `--follow` must make the blessed revision
 * active, with its `post-jump` the last that ran. Throws an Error that says what is not so.
 */
export async function requireRecovery(lab: Lab): Promise<void> {
  const warnings: string[] = [];
  const context: Context = {
    ...lab.context(),
    report: (event) => void (event.type === "warning" && warnings.push(event.message)),
  };
  requireNoFailures(await sync(context));
  requireNothingToDo(lab, await planSyncs(context), warnings);
  const [followed] = requireNoFailures(await sync(context, { follow: true }));
  const rev = await lab.bucket.getSmall(`${PACKAGE}.rev`);
  // Where nothing is blessed, the machine keeps what it was told to run.
  if (rev === undefined) return;
  if (followed?.active !== rev.text) {
    throw new Error(`${followed?.active} is active, ${rev.text} is blessed`);
  }
  requireStarted(lab, rev.text);
}

/**
 * After two syncs no jump is open, and the machine is on what is blessed, or on another revision, with the
 * blessed one in quarantine. `bad` is a revision whose health always fails: it is not active, `previous` leads
 * where it led before, and what is active was started last. Throws an Error that says what is not so.
 */
export async function requireDecided(
  lab: Lab,
  { bad, previous, root = lab.root }: {
    bad: string;
    /** The name that `previous` led to before. */
    previous: string | undefined;
    root?: string;
  },
): Promise<void> {
  const context = lab.context({ root });
  for (let i = 0; i < 2; i++) {
    for (const { failures } of await sync(context)) {
      const other = failures.find((error) => !(error instanceof ScriptError));
      if (other !== undefined) throw other;
    }
  }
  const { packages: [found] } = await status(context, PACKAGE);
  if (found?.active === undefined) throw new Error("nothing is active");
  const { active, blessed, quarantine, jump } = found;
  if (jump !== undefined) throw new Error(`a jump to ${jump.to} is still open`);
  if (active !== blessed && quarantine?.revision !== blessed) {
    throw new Error(`${active} is active, and ${blessed} is blessed but not in quarantine`);
  }
  if (String(active) === bad) throw new Error(`${bad} is active`);
  if (found.previous !== previous) {
    throw new Error(`previous leads to ${found.previous}, it led to ${previous}`);
  }
  requireStarted(lab, active);
}

function requireNoFailures(results: Awaited<ReturnType<typeof sync>>): typeof results {
  for (const { failures: [failure] } of results) if (failure !== undefined) throw failure;
  return results;
}

function requireNothingToDo(
  lab: Lab,
  [plan]: Awaited<ReturnType<typeof planSyncs>>,
  warnings: readonly string[],
): void {
  const due = [...plan?.fetch ?? [], ...plan?.remove ?? [], plan?.activate ?? ""].join("");
  if (due !== "") {
    throw new Error(["left to do after a sync:", JSON.stringify(plan), ...warnings].join("\n"));
  }
  for (const folder of ["staging", "trash"]) {
    const left = lab.machine.names(`${PACKAGE}/.ftl/${folder}`);
    if (left.length > 0) throw new Error(`left in ${folder} after a sync: ${left}`);
  }
}

/** The service that runs is the active revision's. */
function requireStarted(lab: Lab, active: string): void {
  const told = lab.machine.read("../told").trim().split("\n");
  const last = told.filter((line) => line.startsWith("post-jump ")).at(-1);
  if (last === `post-jump ${active}`) return;
  throw new Error(`${active} is active, but these ran: ${told.slice(-6).join(", ")}`);
}

/**
 * The next spool takes back what a killed one left open in S3, once it can be nobody's any more; a younger
 * one it leaves alone, as it may be somebody's. The answer is how many there were.
 */
export async function requireUploadsTakenBack(lab: Lab, large: Archive): Promise<number> {
  const open = await openUploads(lab);
  if (open.length === 0) return 0;
  const file = lab.file(large);
  await spool(lab.context({ later: DAY / 2 }), file);
  const untouched = await openUploads(lab);
  for (const key of open.filter((one) => !untouched.includes(one))) {
    // The server may still have been completing it, although its client was killed.
    if (await lab.bucket.head(key) === undefined) {
      throw new Error(`${key}: an upload of today was taken back`);
    }
  }
  const tomorrow: Context = lab.context({ later: DAY + DAY / 2 });
  await spool(tomorrow, file);
  const left = await openUploads(lab);
  if (left.length > 0) throw new Error(`Still open after the next spool: ${left}`);
  return open.length;
}
