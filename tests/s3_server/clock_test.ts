import { assert, assertEquals } from "../assert.ts";
import { Clock } from "./clock.ts";

Deno.test("the clock goes on to the next second after the keys that are named, and not too far", () => {
  const clock = new Clock(/\.rev$/);
  const second = (): number => Math.floor(clock.now() / 1000);
  const begun = second();
  clock.changed("a.VZ5vQk8aR4G.tgz");
  new Clock().changed("a.rev");
  assert(second() - begun <= 1);
  for (let i = 1; i <= 10; i++) {
    const before = second();
    clock.changed("a.rev");
    assert(second() > before);
  }
  for (let i = 0; i < 1000; i++) clock.changed("a.rev");
  const ahead = clock.now() - Date.now();
  assertEquals([ahead > 239_000, ahead < 242_000], [true, true]);
});
