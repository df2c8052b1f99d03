/** How a revision is prepared in staging and published. */
import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { ConflictError } from "../../../src/errors.ts";
import { Staging } from "../../../src/machine/revisions/staging.ts";
import { postSyncOf, readRevisionState } from "../../../src/machine/state.ts";
import { anId } from "../../names.ts";
import { TestMachine } from "../machine.ts";

const ID = anId("VZ5vQk8aR4G");

Deno.test("a staged revision is visible only after it is published, with its state", async () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  const staging = await Staging.open(pkg, ID);
  Deno.writeTextFileSync(`${staging.target}/index.html`, "hello");
  assertEquals([pkg.has(ID), pkg.revisions()], [false, []]);
  staging.publish({ postSync: "pending", key: "my_site.VZ5vQk8aR4G.tgz" });
  assertEquals(pkg.revisions(), [ID]);
  assertEquals(Deno.readTextFileSync(`${pkg.revisionPath(ID)}/index.html`), "hello");
  assertEquals([postSyncOf(pkg, ID), readRevisionState(pkg, ID)?.key], [
    "pending",
    "my_site.VZ5vQk8aR4G.tgz",
  ]);
  assertEquals([...Deno.readDirSync(pkg.staging)], []);
});

Deno.test("staging begins empty, even after a failed attempt", async () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  machine.write(`root/my_site/.ftl/staging/${ID}/half`, "x");
  const staging = await Staging.open(pkg, ID);
  assertEquals([...Deno.readDirSync(staging.target)], []);
  await staging.drop();
  assertEquals([...Deno.readDirSync(pkg.staging)], []);
});

Deno.test("an existing revision is never overwritten", async () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  machine.addRevision(ID);
  machine.write(`root/my_site/revs/${ID}/kept`, "x");
  const staging = await Staging.open(pkg, ID);
  assertThrows(() => staging.publish({ postSync: "ok" }), ConflictError, "is there already");
  assertEquals(Deno.readTextFileSync(`${pkg.revisionPath(ID)}/kept`), "x");
});

Deno.test("flushing ends on a signal, with its reason", async () => {
  using machine = new TestMachine();
  const staging = await Staging.open(machine.pkg, ID);
  const reason = new Error("enough");
  const error = await assertRejects(() => staging.flush(AbortSignal.abort(reason)), Error);
  assert(error === reason);
});
