import { jumpMaster, sync } from "../../mod.ts";
import { InterruptedError } from "../../src/errors.ts";
import { assert, assertEquals } from "../assert.ts";
import { MemoryFleet } from "./memory_fleet.ts";

Deno.test("a sync that is interrupted while it flushes ends with that, and with nothing else", async () => {
  using fleet = new MemoryFleet();
  await jumpMaster(fleet.context(), await fleet.spool("my_site.tgz", "1"));
  const controller = new AbortController();
  const context = fleet.context("web", ["my_site"]);
  const ended = await sync({
    ...context,
    signal: controller.signal,
    report: (event) => {
      if (event.type !== "progress" || event.work !== "flushing") return;
      controller.abort(new InterruptedError("SIGINT"));
    },
  }).catch((error) => error);
  // A rejection that nobody hears of would end the process, here as in ftl itself.
  assert(ended instanceof InterruptedError, `${ended}`);
  assertEquals([...Deno.readDirSync(`${context.config.root}/my_site/revs`)], []);
});
