import type { Step } from "./steps.ts";
import { killOlder, killPresent, OLDER_STEPS, PRESENT_STEPS } from "./upgrade.ts";

/** Some of the steps, as each takes a second. `deno task prove` goes through all. */
function some<Of extends Step<string>>(steps: readonly Of[], wanted: readonly string[]): Of[] {
  const found = steps.filter(({ command, at }) => wanted.includes(`${command}: ${at}`));
  if (found.length !== wanted.length) throw new Error(`not all of ${wanted}`);
  return found;
}

Deno.test("what 0.1.0 leaves when it is killed, the present FTL mends", async () => {
  await killOlder(some(OLDER_STEPS, [
    "sync: un-jumped",
    "sync: current-linked",
    "jump: hold-written",
    "purge: discarded",
  ]));
});

Deno.test("what the present FTL leaves when it is killed does not stop 0.1.0, and is mended later", async () => {
  await killPresent(some(PRESENT_STEPS, [
    "sync: health-started",
    "sync of a bad one: rollback-linked",
    "sync that removes: spare-marked",
    "sync by a delta: delta-filled",
  ]));
});
