import { assert, assertEquals } from "./assert.ts";
import { Random } from "./random.ts";

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

Deno.test("the same seed gives the same, and neighbouring seeds begin anywhere", () => {
  const first = (seed: number): number => new Random(seed).below(10);
  assertEquals(SEEDS.map(first), SEEDS.map(first));
  assertEquals(new Set(SEEDS.map(first)).size, 10);
});

Deno.test("bytes and text have the length that was asked for, and everything comes up", () => {
  const random = new Random(1);
  for (const length of [0, 1, 3, 4, 5, 99]) {
    assertEquals([random.bytes(length).length, random.text(length).length], [length, length]);
  }
  assertEquals(new Set(random.bytes(10_000)).size, 256);
  assert(!random.text(10_000).includes("="));
});
