import { Places } from "../../src/concurrency/places.ts";
import { assertEquals, assertRejects } from "../assert.ts";

const signal = new AbortController().signal;

Deno.test("Places lets the urgent in first, otherwise in the order in which they came", async () => {
  const places = new Places(1);
  const entered: string[] = [];
  const first = await places.enter({ urgent: false, signal });
  const others = [["a", false], ["b", true], ["c", false], ["d", true]] as const;
  const all = others.map(async ([name, urgent]) => {
    using _place = await places.enter({ urgent, signal });
    entered.push(name);
  });
  first.leave();
  first.leave();
  await Promise.all(all);
  assertEquals(entered, ["b", "d", "a", "c"]);
});

Deno.test("a place is given back after a time, unless what has it goes on before", async () => {
  const places = new Places(1);
  {
    using place = await places.enter({ urgent: false, signal });
    place.leaveAfter(1);
    using _next = await places.enter({ urgent: false, signal });
  }
  const kept = await places.enter({ urgent: false, signal });
  kept.leaveAfter(0);
  kept.stay();
  let isIn = false;
  const waiting = places.enter({ urgent: true, signal }).then((place) => {
    isIn = true;
    place.leave();
  });
  // Timers of the same length end in their order.
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(isIn, false);
  kept.leave();
  await waiting;
});

Deno.test("Places lets go of who gives up waiting", async () => {
  const places = new Places(1);
  const controller = new AbortController();
  const held = await places.enter({ urgent: false, signal });
  const waiting = places.enter({ urgent: true, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  held.leave();
  (await places.enter({ urgent: false, signal })).leave();
});

Deno.test("Places gives a place at once where one is free", async () => {
  const places = new Places(1);
  {
    using first = places.tryEnter();
    assertEquals([first !== undefined, places.tryEnter()], [true, undefined]);
  }
  (await places.enter({ urgent: false, signal })).leave();
});
