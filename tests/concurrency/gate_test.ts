import { Gate } from "../../src/concurrency/gate.ts";
import { assertEquals, assertRejects } from "../assert.ts";

const NEVER = new AbortController().signal;

Deno.test("Gate lets in what there is room for, in the order in which they came", async () => {
  const gate = new Gate(10);
  const entered: string[] = [];
  const enter = async (name: string, amount: number): Promise<Disposable> => {
    const place = await gate.enter(amount, NEVER);
    entered.push(name);
    return place;
  };
  const first = await enter("first", 6);
  const large = enter("large", 20);
  const small = enter("small", 1);
  assertEquals(entered, ["first"]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await large)[Symbol.dispose]();
  await small;
  assertEquals(entered, ["first", "large", "small"]);
});

Deno.test("Gate lets go of who gives up waiting, and of those behind", async () => {
  const gate = new Gate(2);
  const controller = new AbortController();
  using _held = await gate.enter(1, NEVER);
  const large = gate.enter(2, controller.signal);
  const small = gate.enter(1, NEVER);
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => large, Error), reason);
  (await small)[Symbol.dispose]();
  assertEquals(await assertRejects(() => gate.enter(1, controller.signal), Error), reason);
});
