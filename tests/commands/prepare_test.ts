import { assertEquals, assertRejects } from "../assert.ts";
import { createContext } from "../../mod.ts";
import { prepareRevision } from "../../src/commands/sync/prepare.ts";
import { Slots } from "../../src/concurrency/slots.ts";
import { postSyncOf } from "../../src/machine/state.ts";
import { TestMachine } from "../machine/machine.ts";
import { anId } from "../names.ts";
import { until } from "../until.ts";

const ID = anId("VZ5vQk8aR4G");

Deno.test("a post-sync that an abort cut short has not failed: it is still to run", async () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  machine.addRevision(ID, { postSync: "pending" });
  const begun = `${machine.path}/begun`;
  const script = `#!/bin/sh\ntouch ${begun}\nwhile :; do sleep 300 & wait; done\n`;
  machine.write(`root/my_site/revs/${ID}/post-sync.sh`, script, 0o755);
  const controller = new AbortController();
  const context = createContext({ FTL_ROOT: machine.root }, { signal: controller.signal });
  const reason = new Error("enough");
  const setting = { id: ID, urgent: true, turns: new Slots(1) };
  const preparing = assertRejects(() => prepareRevision(context, pkg, setting), Error, "enough");
  await until(() => isThere(begun), "the script");
  controller.abort(reason);
  await preparing;
  assertEquals(postSyncOf(pkg, ID), "pending");
});

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
