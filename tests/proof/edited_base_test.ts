import { editBases } from "./edited_base.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("whatever hooks edit in revisions, the next one by a delta is what was spooled", async () => {
  const seed = newSeed();
  announce(`edited bases: seed ${seed}`);
  await editBases({ seed, rounds: 8 });
});
