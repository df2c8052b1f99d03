import { newSeed } from "./random.ts";
import { soak } from "./soak.ts";
import { deployToMany } from "./thousand.ts";

Deno.test("each machine of a fleet asks three times for a deployment, and once for nothing", async () => {
  await deployToMany({ machines: 40, splay: 1 });
});

Deno.test("deployment after deployment, memory, open files and disk do not grow", async () => {
  await soak({ minutes: 0.1, seed: newSeed() });
});
