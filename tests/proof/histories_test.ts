import { playHistories } from "./histories/histories.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("random histories of a fleet: FTL and a model of it agree after each step", async () => {
  const seed = newSeed();
  announce(`histories: seed ${seed}`);
  await playHistories({ seed, rounds: 20 });
});
