import { spoilMachine } from "./bad_machine.ts";
import { badStores, SLOW_STORES, STORES } from "./bad_store.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";
import { MOUNTING, testWith } from "../required_program.ts";

const seed = newSeed();
announce(`bad surroundings: seed ${seed}`);

testWith(
  MOUNTING,
  "whatever is in the way on a machine, the blessed revision becomes active",
  async () => {
    await spoilMachine({ seed, rounds: 5 });
  },
);

for (const store of Object.keys(STORES).filter((name) => !SLOW_STORES.includes(name))) {
  Deno.test(`a command ends, and says so, where S3 is ${store}`, async () => {
    await badStores({ stores: [store], share: { seed: seed % 3, of: 3 } });
  });
}
