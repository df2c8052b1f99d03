import { takeTurns } from "./turns.ts";

Deno.test("20 machines take their turns two at a time: nobody ever sees three in their jump", async () => {
  await takeTurns({ machines: 20, atOnce: 2 });
});
