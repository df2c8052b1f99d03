import { killLoop } from "./kill_loop.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("20 kills at random moments leave nothing that the next sync does not mend", async () => {
  const seed = newSeed();
  announce(`kill loop: seed ${seed}`);
  await killLoop({ rounds: 20, seed });
});
