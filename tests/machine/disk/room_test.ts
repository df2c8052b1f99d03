/** When a disk counts as full. */
import { assert, assertEquals } from "../../assert.ts";
import { diskRoom, isFull } from "../../../src/machine/disk/room.ts";

Deno.test("a disk is full when a sync would refuse to fill it, whatever its size is", () => {
  const cases: [free: number, size: number, full: boolean][] = [
    [10e9, 2e12, false],
    [70e6, 2e12, false],
    [60e6, 2e12, true],
    [0, 2e12, true],
    [60e6, 1e9, false],
    [9e6, 1e9, true],
    // A file system that does not report its size.
    [0, 0, false],
  ];
  for (const [free, size, full] of cases) {
    assertEquals([free, size, isFull({ free, size })], [free, size, full]);
  }
});

Deno.test("diskRoom() looks at the disk of a path", () => {
  const { free, size, isFull: full } = diskRoom("/");
  assert(free <= size);
  assertEquals(full, isFull({ free, size }));
});
