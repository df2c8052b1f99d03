import { NameArena } from "../../../src/archive/paths/name_arena.ts";
import { assertEquals } from "../../assert.ts";

/** Enough for some forty pages. */
const COUNT = 400_000;

function nameOf(number: number): Uint8Array {
  return new TextEncoder().encode(`file-${number}-${"x".repeat(number % 180)}`);
}

function filled(): { arena: NameArena; places: number[] } {
  const arena = new NameArena();
  const places = Array.from({ length: COUNT }, (_, n) => arena.put(nameOf(n)));
  return { arena, places };
}

function requireNames(
  { arena, places }: ReturnType<typeof filled>,
  numbers: Iterable<number>,
): void {
  for (const number of numbers) {
    const found = new TextDecoder().decode(arena.get(places[number] ?? 0));
    assertEquals(found, new TextDecoder().decode(nameOf(number)));
  }
}

Deno.test("NameArena gives back every name, those of compressed pages too", () => {
  requireNames(filled(), Array.from({ length: COUNT }, (_, n) => n));
});

Deno.test("NameArena gives names back in any order, however often pages are asked for again", () => {
  const whole = filled();
  // From far apart, so that each one is of another page than those before it.
  const numbers = Array.from({ length: 3_000 }, (_, n) => (n * 37_813) % COUNT);
  requireNames(whole, numbers);
  // And it goes on taking names after that.
  const place = whole.arena.put(nameOf(7));
  assertEquals(whole.arena.get(place), nameOf(7));
  requireNames(whole, numbers.slice(0, 100));
});

Deno.test("NameArena keeps what is given, not the memory that it lay in", () => {
  const arena = new NameArena();
  const name = new TextEncoder().encode("name");
  const place = arena.put(name);
  name.fill(0);
  assertEquals(new TextDecoder().decode(arena.get(place)), "name");
  assertEquals(arena.get(arena.put(new Uint8Array())).length, 0);
});
