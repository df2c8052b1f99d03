/**
 * Many machines that want their turn at the same time, and two that watch: an observer lists the marks in a tight loop,
 * and the scripts of all machines count who is in their jump.
 */
import { jumpMaster, sync } from "../../mod.ts";
import { gzip, tar } from "../archive/builders.ts";
import { type Marks, readMarks } from "../../src/plan/marks.ts";
import { marksPrefix } from "../../src/revision/keys.ts";
import { toRevision } from "../../src/revision/names.ts";
import { type Figures, Lab } from "./lab.ts";
import { namesOfMarks, writeRollout } from "./rollout_words.ts";
import { sha256 } from "./site.ts";

export interface TurnsOptions {
  readonly machines: number;
  readonly atOnce: number;
}

const PACKAGE = "site";

/** All machines take the candidate, `atOnce` at a time. Throws an Error that says what is not so. */
export async function takeTurns({ machines, atOnce }: TurnsOptions): Promise<Figures> {
  await using lab = await Lab.start([]);
  const inside = lab.fleet.folder.folder("inside");
  const [old, next] = [await spoolOne(lab, "old"), await spoolOne(lab, "next", scripts(inside))];
  await jumpMaster(lab.context(), old);
  const contexts = Array.from({ length: machines }, (_, n) => {
    const root = lab.fleet.folder.folder(`m${n}`);
    lab.fleet.folder.folder(`m${n}/${PACKAGE}`);
    return lab.context({ root, env: { FTL_MACHINE: `i-${n}`, FTL_LOCK_WAIT: "120" } });
  });
  for (const context of contexts) await sync(context);
  const rollout = await writeRollout(lab.bucket, next, { words: `cut=1 halt=1 at-once=${atOnce}` });
  const observer = observe(lab, { next, rollout, atOnce });
  let syncs = 0;
  const crowd = await Promise.allSettled(contexts.map(async (context) => {
    for (;;) {
      syncs++;
      const [result] = await sync(context);
      if (result?.failures[0] !== undefined) throw result.failures[0];
      if (String(result?.active) === next) return;
    }
  }));
  const seen = await observer.stop();
  for (const result of crowd) if (result.status === "rejected") throw result.reason;
  requireFew(lab, atOnce);
  const marks = await namesOfMarks(lab.bucket, next, rollout);
  const ended = marks.filter((name) => /^ok\/i-\d+~\d+$/.test(name));
  const turns = marks.filter((name) => /^turn\/\d{6}$/.test(name));
  if (ended.length !== machines || turns.length !== machines || marks.length !== 2 * machines) {
    throw new Error(`The marks are ${marks}`);
  }
  return { machines, syncs, ...seen };
}

/** Each writes its name into a folder for the time of its jump, and how many there are. */
function scripts(inside: string): Readonly<Record<string, string>> {
  const me = `${inside}/$(basename "$(dirname "$(dirname "$FTL_CURRENT")")")`;
  const count = `ls ${inside} | wc -l >> ${inside}-counts`;
  return {
    "pre-jump.sh": `#!/bin/sh\n: > ${me}\n${count}\n`,
    "post-jump.sh": `#!/bin/sh\n${count}\n`,
    "health.sh": `#!/bin/sh\n${count}\nrm ${me}\n`,
  };
}

function requireFew(lab: Lab, atOnce: number): void {
  const counts = lab.machine.read("../inside-counts").trim().split("\n").map(Number);
  const most = Math.max(...counts);
  if (most > atOnce) throw new Error(`${most} machines were in their jump at the same time`);
}

async function spoolOne(
  lab: Lab,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const members = Object.entries({ version, ...files })
    .map(([name, content]) => ({ name, content, mode: name.endsWith(".sh") ? 0o755 : 0o644 }));
  const bytes = gzip(tar(...members));
  const archive = { fileName: `${PACKAGE}.tgz`, bytes, sha256: sha256(bytes), lines: "" };
  return (await lab.spool(archive)).revision;
}

/** Lists the marks as fast as it can. */
function observe(
  lab: Lab,
  { next, rollout, atOnce }: { next: string; rollout: number; atOnce: number },
): { stop(): Promise<{ "looks at the marks": number; "most unfinished": number }> } {
  let isOver = false;
  const prefix = marksPrefix(toRevision(next).package, rollout);
  const { bucket } = lab;
  const look = async (): Promise<Marks> =>
    readMarks(
      (await bucket.list(prefix)).map(({ key, modified }) => {
        return { name: key.slice(prefix.length), modified };
      }),
      Date.now(),
    );
  const watching = (async () => {
    const seen = { "looks at the marks": 0, "most unfinished": 0 };
    while (!isOver) {
      const { unfinished, failed, silentTurns } = await look();
      seen["looks at the marks"]++;
      seen["most unfinished"] = Math.max(seen["most unfinished"], unfinished.length);
      if (unfinished.length > atOnce) throw new Error(`Turns ${unfinished} are unfinished`);
      if (failed.length + silentTurns.length > 0) throw new Error(`${failed} failed`);
    }
    return seen;
  })();
  watching.catch(() => {});
  return {
    stop: async () => {
      isOver = true;
      return await watching;
    },
  };
}
