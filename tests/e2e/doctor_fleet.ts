/** Shared by the tests of `ftl doctor`. */
import { Fleet, type Machine, type Ran } from "./fleet.ts";

/** A machine that runs the blessed revision of one package. */
export async function healthy(): Promise<
  { fleet: Fleet; web: Machine; first: string; second: string }
> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"], { FTL_MACHINE: "web" });
  const first = await fleet.spool("a.tgz", { v: "1" });
  const second = await fleet.spool("a.tgz", { v: "2" });
  for (const revision of [first, second]) {
    await fleet.bless(revision);
    await web.ok(["sync"]);
  }
  return { fleet, web, first, second };
}

/** The findings that are not `ok`: one line for each, with its hint at the end. */
export function remarks({ stdout }: Ran): string[] {
  const joined = stdout.replace(/\n {6}hint: /g, " | ");
  return joined.split("\n").filter((line) => line !== "" && !line.startsWith("ok "))
    .map((line) => line.replace(/ {2,}/g, "  "));
}
