import { breakPatches } from "./hostile_patches.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("200 hostile patches, and as many trees, are refused, or make what they tell", async () => {
  const seed = newSeed();
  announce(`hostile patches: seed ${seed}`);
  await breakPatches({ seed, inputs: 200 });
});
