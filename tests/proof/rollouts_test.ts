import { rollOutToMany } from "./rollouts.ts";

Deno.test("20 machines that report: a rollout comes to exactly as many as it says, and halts at bad ones", async () => {
  await rollOutToMany({ machines: 20 });
});
