/** What a writer leaves that was killed between its entry in the history and the pointer, or right after both. */
import { history, jumpMaster } from "../../mod.ts";
import { PACKAGE } from "./invariants.ts";
import type { FastForward } from "./fast_forward.ts";
import type { Lab } from "./lab.ts";

/** Milliseconds after which an entry without its change is somebody else's to replace, and a little more. */
export const STALE = 31_000;

/**
 * The history says whether the killed writer's change was made. Half a minute later the next writer takes its place
 * at once, and nothing of the killed one is left but what was made. Throws an Error that says what is not so.
 */
export async function requireReplaced(
  lab: Lab,
  time: FastForward,
  { next, isMade }: { next: string; isMade: boolean },
): Promise<void> {
  const before = (await history(lab.context(), PACKAGE)).changes;
  const open = before.filter(({ done }) => !done);
  if (open.length !== (isMade ? 0 : 1)) {
    throw new Error(`${open.length} changes of the history were not made`);
  }
  time.by(STALE);
  const started = performance.now();
  await jumpMaster(lab.context(), next, { message: "again", again: true });
  const seconds = (performance.now() - started) / 1000;
  if (seconds > STALE / 2000) throw new Error(`The next writer waited for ${seconds} s`);
  const after = (await history(lab.context(), PACKAGE)).changes;
  const due = before.length + (isMade ? 1 : 0);
  if (after.length !== Math.min(due, 20) || after.some(({ done }) => !done)) {
    throw new Error(
      `The history has ${after.length} entries, not ${due}, or one that was not made`,
    );
  }
  const [last] = after;
  if (last?.message !== "again" || last.blessed !== next) {
    throw new Error(`The history ends with ${JSON.stringify(last)}`);
  }
}
