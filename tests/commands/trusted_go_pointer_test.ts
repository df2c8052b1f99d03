/** The pointer of the Go original consists of two objects, and what is signed is neither of them. */
import { assertEquals, assertRejects, assertStringIncludes } from "../assert.ts";
import { jumpBackMaster } from "../../mod.ts";
import { IntegrityError } from "../../src/errors.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { dirOf, SignedFleet } from "./signed_fleet.ts";

Deno.test("a signed pointer under the name of the Go original's is refused: nobody has signed what is beside it", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  await fleet.release("2");
  const third = await fleet.release("3");
  const web = fleet.machine();
  await fleet.sync(web);
  const [known, here] = [readPointerState(dirOf(web)), dirOf(web).revisions()];
  fleet.tick();
  fleet.bucket.snapshot("a.rev")("a.current");
  await fleet.bucket.remove("a.rev");
  // The machine would go back to this one, and remove the one that it should go back to.
  await fleet.bucket.put("a.previous", first, { metadata: {}, condition: { absent: true } });
  const { active, fetched, removed, failures } = await fleet.sync(web);
  assertEquals([active, fetched, removed], [third, [], []]);
  assertStringIncludes(SignedFleet.failures({ failures }).join(), "5 a.rev is not trusted");
  assertEquals([readPointerState(dirOf(web)), dirOf(web).revisions()], [known, here]);
});

Deno.test("whoever goes back for all does not bless what the attacker says was blessed before", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  await fleet.release("2");
  await fleet.release("3");
  fleet.tick(31);
  fleet.bucket.snapshot("a.rev")("a.current");
  await fleet.bucket.remove("a.rev");
  await fleet.bucket.put("a.previous", first, { metadata: {}, condition: { absent: true } });
  const ann = fleet.context("ann", [], {
    FTL_SIGN_KEY: fleet.ann.privateKey,
    FTL_TRUST: fleet.trustFile,
  });
  await assertRejects(() => jumpBackMaster(ann, "a"), IntegrityError, "a.rev is not trusted");
  assertEquals(await fleet.bucket.getSmall("a.rev"), undefined);
});
