/** Somebody puts an old pointer back, with its true signatures, before a person takes the next step. */
import { type RevisionName, sync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { SigningFleet } from "./signing_fleet.ts";

const HALF = { size: { percent: 50 } };

interface PutBack {
  readonly web: Context;
  readonly active: RevisionName;
  readonly next: RevisionName;
}

/** A machine has obeyed the third blessing, and S3 has the second one again. */
async function putBack(all: SigningFleet): Promise<PutBack> {
  const [first, second, active, next] = await all.revisions(4);
  assert(first !== undefined && second !== undefined);
  assert(active !== undefined && next !== undefined);
  await all.bless(all.as("ann"), first);
  await all.bless(all.as("ann"), second);
  const again = all.bucket.snapshot("a.rev");
  await all.bless(all.as("ann"), active);
  const web = all.machine("web", { FTL_KEEP: "0" });
  await sync(web, { packages: ["a"] });
  again();
  // The turn after the second blessing was taken: until its entry is old, its writer may be about to write.
  all.now += 31_000;
  return { web, active, next };
}

const STEPS: Readonly<
  Record<string, (all: SigningFleet, next: RevisionName) => Promise<unknown>>
> = {
  "a rollout": (all, next) => all.stage(all.as("ann"), next, { size: { percent: 0 } }),
  "a way back": (all) => all.back(all.as("ann")),
};
for (const [name, step] of Object.entries(STEPS)) {
  Deno.test(`a machine that knows better does not obey ${name} that goes on from an old pointer`, async () => {
    using all = new SigningFleet();
    const { web, active, next } = await putBack(all);
    await step(all, next);
    const [refused] = await sync(web, { packages: ["a"] });
    assertEquals(refused?.active, active);
    assertMatch(
      String(refused?.failures),
      /it is of .* and goes on from one of .*, and this machine/,
    );
    await all.bless(all.as("ann"), next);
    assertEquals((await sync(web, { packages: ["a"] }))[0]?.activated, next);
  });
}

Deno.test("a machine obeys each step of a rollout, and the way back, also if it has missed some", async () => {
  using all = new SigningFleet();
  const [first, next] = await all.revisions(2);
  assert(first !== undefined && next !== undefined);
  await all.bless(all.as("ann"), first);
  const [often, once] = [all.machine("often"), all.machine("once")];
  const obeyed = async (machine: Context): Promise<void> => {
    const [result] = await sync(machine, { packages: ["a"] });
    assertEquals(result?.failures, []);
  };
  await obeyed(once);
  for (const step of [HALF, { size: { percent: 60 } }, { pause: true }]) {
    await all.stage(all.as("ann"), next, step);
    await obeyed(often);
  }
  await all.back(all.as("ann"));
  for (const machine of [often, once]) await obeyed(machine);
});
