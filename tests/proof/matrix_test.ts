import { faultMatrix } from "./matrix.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

Deno.test("requests of every kind come out of the server's faults as the table says", async () => {
  const seed = newSeed();
  announce(`fault matrix: seed ${seed}`);
  await faultMatrix({ share: { seed, of: 16 } });
});
