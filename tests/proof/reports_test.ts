import { lookAtMany } from "./reports.ts";

Deno.test("a look at a fleet lists it, and reads each report once", async () => {
  await lookAtMany({ machines: 1100 });
});
