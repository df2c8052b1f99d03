/** When a disk counts as full, and when it has room for a spare. */
import { assert, assertEquals } from "../../assert.ts";
import { diskRoom, hasRoomForSpare, isFull } from "../../../src/machine/disk/room.ts";

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

Deno.test("a spare needs twice its size, and a tenth of the disk or 4 GiB", () => {
  const cases: [free: number, size: number, bytes: number, hasRoom: boolean][] = [
    [200e6, 1e9, 100e6, true],
    [199e6, 1e9, 100e6, false],
    [100e6, 1e9, 1e6, true],
    [99e6, 1e9, 1e6, false],
    [4 * 2 ** 30, 2e12, 1e6, true],
    [4 * 2 ** 30 - 1, 2e12, 1e6, false],
    [4 * 2 ** 30, 2e12, 3e9, false],
  ];
  for (const [free, size, bytes, hasRoom] of cases) {
    assertEquals([free, size, bytes, hasRoomForSpare({ free, size }, bytes)], [
      free,
      size,
      bytes,
      hasRoom,
    ]);
  }
});

Deno.test("diskRoom() looks at the disk of a path", () => {
  const { free, size, isFull: full } = diskRoom("/");
  assert(free <= size);
  assertEquals(full, isFull({ free, size }));
});
