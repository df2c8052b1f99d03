import { spoilMachine } from "./bad_machine.ts";
import { badStores, STORES } from "./bad_store.ts";
import { newSeed } from "./random.ts";
import { announce } from "./report.ts";
import { MOUNTING, testWith } from "../required_program.ts";

const seed = newSeed();
announce(`bad machine: seed ${seed}`);

testWith(
  MOUNTING,
  "whatever is in the way on a machine, the blessed revision becomes active",
  async () => {
    await spoilMachine({ seed, rounds: 10 });
  },
);

for (const store of Object.keys(STORES)) {
  Deno.test(`every command ends, and says so, where S3 is ${store}`, async () => {
    await badStores({ stores: [store] });
  });
}
