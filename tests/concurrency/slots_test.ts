import { Slots } from "../../src/concurrency/slots.ts";
import { assertEquals, assertRejects } from "../assert.ts";

const signal = new AbortController().signal;

Deno.test("Slots lets the urgent in first, otherwise in the order in which they came", async () => {
  const slots = new Slots(1);
  const entered: string[] = [];
  const first = await slots.enter({ urgent: false, signal });
  const others = [["a", false], ["b", true], ["c", false], ["d", true]] as const;
  const all = others.map(async ([name, urgent]) => {
    using _slot = await slots.enter({ urgent, signal });
    entered.push(name);
  });
  first.leave();
  first.leave();
  await Promise.all(all);
  assertEquals(entered, ["b", "d", "a", "c"]);
});

Deno.test("a slot is given back after a time, unless what has it goes on before", async () => {
  const slots = new Slots(1);
  {
    using slot = await slots.enter({ urgent: false, signal });
    slot.leaveAfter(1);
    using _next = await slots.enter({ urgent: false, signal });
  }
  const kept = await slots.enter({ urgent: false, signal });
  kept.leaveAfter(0);
  kept.stay();
  let isIn = false;
  const waiting = slots.enter({ urgent: true, signal }).then((slot) => {
    isIn = true;
    slot.leave();
  });
  // Timers of the same length end in their order.
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(isIn, false);
  kept.leave();
  await waiting;
});

Deno.test("Slots lets go of who gives up waiting", async () => {
  const slots = new Slots(1);
  const controller = new AbortController();
  const held = await slots.enter({ urgent: false, signal });
  const waiting = slots.enter({ urgent: true, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  held.leave();
  (await slots.enter({ urgent: false, signal })).leave();
});

Deno.test("Slots gives a slot at once where one is free", async () => {
  const slots = new Slots(1);
  {
    using first = slots.tryEnter();
    assertEquals([first !== undefined, slots.tryEnter()], [true, undefined]);
  }
  (await slots.enter({ urgent: false, signal })).leave();
});
