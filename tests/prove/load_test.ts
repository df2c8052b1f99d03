import { assertEquals } from "../assert.ts";
import { newSeed } from "./random.ts";
import { soak } from "./soak.ts";
import { deployToMany } from "./thousand.ts";

Deno.test("each machine of a fleet asks three times for a deployment, and once for nothing", async () => {
  const figures = await deployToMany({ machines: 40, splay: 1 });
  // The listing, the pointer, the revision.
  assertEquals(figures["requests a machine, at once"], 3);
  assertEquals(figures["requests a machine, with splay"], 3);
  assertEquals(figures["requests a machine, nothing to do"], 1);
});

Deno.test("deployment after deployment, memory, open files and disk do not grow", async () => {
  await soak({ minutes: 0.1, seed: newSeed() });
});
