import { breakPatches } from "./hostile_patches.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("200 hostile patches, and as many trees, are refused, or make what they tell", () => {
  const seed = newSeed();
  announce(`hostile patches: seed ${seed}`);
  breakPatches({ seed, inputs: 200 });
});
