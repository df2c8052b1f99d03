/** The starting point of most tests of jumps and removals. */
import { Fleet, type Machine } from "./fleet.ts";

/** A fleet with three revisions of package a; the second one is blessed, and a machine is in line with it. */
export async function threeRevisions(): Promise<
  { fleet: Fleet; web: Machine; revisions: [string, string, string] }
> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", { v: "1" });
  const second = await fleet.spool("a.tgz", { v: "2" });
  const third = await fleet.spool("a.tgz", { v: "3" });
  for (const revision of [first, second]) await fleet.bless(revision);
  await web.ok(["sync"]);
  return { fleet, web, revisions: [first, second, third] };
}
