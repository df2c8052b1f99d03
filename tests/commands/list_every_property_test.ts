/**
 * Two machines under the same random trace: one polls, one lists with each sync. They always run the same revision.
 * After the next listing both have the same in all.
 */
import fc from "fast-check";
import { assertEquals } from "../assert.ts";
import { jumpBackMaster, listMasterRevisions, purgeMaster, sync } from "../../mod.ts";
import { FtlError } from "../../src/errors.ts";
import type { Context } from "../../src/context.ts";
import { readLink } from "../../src/machine/links.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { aPackage } from "../names.ts";
import { PollingFleet } from "./polling_fleet.ts";

/** `at` picks one of the revisions that S3 has. */
type Step =
  | { readonly what: "spool" | "back" | "again" }
  | { readonly what: "bless" | "purge"; readonly at: number }
  | { readonly what: "sync"; readonly minutes: number };

const at = fc.nat(7);
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: fc.constant("spool" as const) }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant("bless" as const), at }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant("purge" as const), at }) },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constantFrom("back" as const, "again" as const) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        what: fc.constant("sync" as const),
        minutes: fc.constantFrom(1, 1, 12),
      }),
    },
  ),
  { minLength: 10, maxLength: 30 },
);

Deno.test("a machine that polls runs what one that lists runs, and has the same after the next listing", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (trace) => {
      using fleet = new PollingFleet();
      const [polling, listing] = ["polling", "listing"].map((name) =>
        fleet.context(name, ["a"], { FTL_MACHINE: name, FTL_KEEP: "1" })
      );
      if (polling === undefined || listing === undefined) throw new Error("no machines");
      for (const step of trace) {
        fleet.now += 1000;
        if (step.what !== "sync") {
          await change(fleet, step);
          continue;
        }
        fleet.now += step.minutes * 60_000;
        await sync(polling, { listEvery: 600 });
        await sync(listing);
        assertEquals(runs(polling), runs(listing));
      }
      fleet.now += 12 * 60_000;
      await sync(polling, { listEvery: 600 });
      await sync(listing);
      assertEquals(everything(polling), everything(listing));
    }),
    { numRuns: 12 },
  );
});

/** What people do. What FTL refuses, as the purge of the blessed revision, is no step. */
async function change(fleet: PollingFleet, step: Exclude<Step, { what: "sync" }>): Promise<void> {
  if (step.what === "spool") return void await fleet.spool("a.tgz", `${fleet.now}`);
  try {
    const revisions = await listMasterRevisions(fleet.developer, "a");
    const blessed = revisions.find(({ active }) => active)?.revision;
    const chosen = "at" in step ? revisions[step.at % revisions.length]?.revision : blessed;
    if (step.what === "back") await jumpBackMaster(fleet.developer, "a");
    else if (chosen === undefined) return;
    else if (step.what === "purge") await purgeMaster(fleet.developer, { revision: chosen });
    else await fleet.bless(chosen, { again: step.what === "again" });
  } catch (error) {
    if (!(error instanceof FtlError)) throw error;
  }
}

function dirOf(machine: Context): PackageDir {
  return new PackageDir(machine.config.root, aPackage("a"));
}

function runs(machine: Context): unknown {
  const pkg = dirOf(machine);
  return [readLink(pkg, "current"), readPointerState(pkg)];
}

function everything(machine: Context): unknown {
  const pkg = dirOf(machine);
  return [runs(machine), readLink(pkg, "previous"), pkg.revisions()];
}
