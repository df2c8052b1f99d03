/** What is stored of an mtime is the same with every version of the runtime, and for files and links. */
import fc from "fast-check";
import {
  canBeStored,
  isMtimeOf,
  isStoredMtime,
  setLinkMtime,
  setMtime,
  storedMtime,
} from "../../../src/archive/write/mtime.ts";
import { assert, assertEquals } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";

const TABLE: readonly (readonly [number, number])[] = [
  [0, 0],
  [-0, 0],
  [-1, -1000],
  [-1.5, -2000],
  [-0.001, -1000],
  [1500000000.25, 1500000000250],
  [1500000000.9999, 1500000000999],
  [1e15, 8.64e15],
  [-1e15, -8.64e15],
];

Deno.test("milliseconds are stored, and before 1970 seconds", () => {
  for (const [mtime, stored] of TABLE) {
    assert(Object.is(storedMtime(mtime), stored), `${mtime}: ${storedMtime(mtime)}`);
    assert(canBeStored(stored));
  }
  assertEquals(storedMtime(undefined), undefined);
  for (const stored of [-1, 0.5, NaN, Infinity, 8.64e15 + 1000]) assert(!canBeStored(stored));
});

Deno.test("files, folders and links get exactly what is stored, as far as the file system can", () => {
  using folder = new TempFolder();
  const file = folder.write("file", "x");
  const link = `${folder.path}/link`;
  Deno.symlinkSync("file", link);
  const mtime = fc.oneof(
    fc.double({ min: -3e9, max: 2e10, noNaN: true }),
    fc.integer({ min: 0, max: 2e12 }).map((time) => time / 1000),
    fc.constantFrom(-1e15, 1e15, -8.64e12, 8.64e12),
  );
  fc.assert(
    fc.property(mtime, (mtime) => {
      const stored = storedMtime(mtime);
      setMtime(file, stored);
      setMtime(folder.path, stored);
      setLinkMtime(link, stored);
      for (const place of [file, folder.path, link]) {
        const found = Deno.lstatSync(place).mtime?.getTime() ?? NaN;
        assert(isStoredMtime(found, stored), `${place}: ${found} is not ${stored}`);
        assert(isMtimeOf(found, mtime), `${place}: ${found} is not of ${mtime}`);
        assert(!isStoredMtime(found + 1, stored) && !isStoredMtime(found - 1, stored));
      }
    }),
    { numRuns: 500 },
  );
});
