import { assertEquals, assertRejects } from "../assert.ts";
import { inParallel } from "../../src/concurrency/parallel.ts";
import { pause } from "../../src/concurrency/pause.ts";

Deno.test("inParallel() gives results in the order of the items, and never has more under way", async () => {
  let under = 0;
  let most = 0;
  const results = await inParallel([1, 2, 3, 4, 5], { concurrency: 2 }, async (item) => {
    most = Math.max(most, ++under);
    // The first ends last.
    for (let turn = 5 - item; turn >= 0; turn--) await Promise.resolve();
    under--;
    return item * 10;
  });
  assertEquals([results, most], [[10, 20, 30, 40, 50], 2]);
});

Deno.test("inParallel() starts nothing after a failure, and throws it when all have ended", async () => {
  const reason = new Error("broken");
  const begun: number[] = [];
  const ended: number[] = [];
  const error = await assertRejects(
    () =>
      inParallel([1, 2, 3, 4], { concurrency: 2 }, async (item, _index, stop) => {
        begun.push(item);
        if (item === 1) throw reason;
        await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve()));
        ended.push(item);
      }),
    Error,
  );
  assertEquals([error === reason, begun, ended], [true, [1, 2], [2]]);
});

Deno.test("inParallel() ends with the reason of its signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const error = await assertRejects(
    () =>
      inParallel([1, 2, 3], { concurrency: 1, signal: controller.signal }, () => {
        controller.abort(reason);
        return Promise.resolve();
      }),
    Error,
  );
  assertEquals(error === reason, true);
});

Deno.test("pause() is cut short by its signal, with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const pausing = pause(3_600_000, controller.signal);
  controller.abort(reason);
  assertEquals(await assertRejects(() => pausing, Error) === reason, true);
  await assertRejects(() => pause(0, controller.signal), Error, "enough");
});

Deno.test("inParallel() has more under way after a while, and waits for them", async (t) => {
  /** How many were under way when each item began. */
  const run = async (after: Promise<unknown>, onBegin: (item: number) => void) => {
    let under = 0;
    const seen: number[] = [];
    const more = { after: () => after, concurrency: 3 };
    await inParallel([1, 2, 3, 4, 5, 6], { concurrency: 1, more }, async (item) => {
      seen.push(++under);
      onBegin(item);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      under--;
    });
    return { seen, under };
  };
  await t.step("from the time on when it may", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { seen, under } = await run(promise, (item) => item === 3 && resolve());
    assertEquals([seen.slice(0, 3), Math.max(...seen), under], [[1, 1, 1], 3, 0]);
  });
  await t.step("never, if it may not", async () => {
    const refused = await run(Promise.reject(new Error("no")), () => {});
    assertEquals(refused, { seen: [1, 1, 1, 1, 1, 1], under: 0 });
  });
  await t.step("and does not ask, if it is over before", async () => {
    const more = { after: () => Promise.reject(new Error("no")), concurrency: 3 };
    const signal = AbortSignal.abort(new Error("enough"));
    const options = { concurrency: 1, more, signal };
    await assertRejects(() => inParallel([1], options, () => Promise.resolve()), Error, "enough");
  });
  await t.step("and does not wait for that", async () => {
    const { seen } = await run(new Promise(() => {}), () => {});
    assertEquals(seen.length, 6);
  });
});
