/** A small file that FTL did not write counts as lost: no command fails because of it. */
import { assertEquals } from "../assert.ts";
import { readJournal } from "../../src/machine/jump/journal.ts";
import { readRolloutState } from "../../src/machine/rollout_state.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import {
  postSyncOf,
  readLastListing,
  readLastSync,
  readOwner,
  readPointerState,
  readReported,
  readRevisionState,
  writeLastListing,
  writeLastSync,
  writeOwner,
  writePointerState,
  writeRevisionState,
} from "../../src/machine/state.ts";
import { TempFolder } from "../temp.ts";
import { readHold, writeHolds } from "../../src/machine/jump/hold.ts";
import { anId, aPackage } from "../names.ts";

const ID = anId("VZ5vQk8aR4G");
const OWNER = { machine: "i-0abc", source: "cloud-init", host: "web" } as const;

const STRANGE: readonly (string | undefined)[] = [
  undefined,
  "",
  "null",
  "[null]",
  "[[]]",
  "[1,{}]",
  "7",
  '"text"',
  "{",
  "{}",
  "\0\0\0\0",
  '{"id":7,"version":7,"blessed":[],"to":{},"at":1,"postSync":"done"}',
  '[{"id":null}]',
  '{"at":"yesterday","version":"v","blessed":"../../etc","to":"..","postSync":null}',
  `"${"x".repeat(2_000_000)}"`,
];

/** Things in the place of a file: a text, a folder, a broken link, a link to itself. */
const IN_PLACE: [name: string, make: (path: string) => void][] = [
  ...STRANGE.map((text): [string, (path: string) => void] => [
    `${text?.slice(0, 70)}`,
    (path) => text === undefined || Deno.writeTextFileSync(path, text),
  ]),
  ["a folder", (path) => Deno.mkdirSync(`${path}/with/more`, { recursive: true })],
  ["a link to nothing", (path) => Deno.symlinkSync("nowhere", path)],
  ["a link to itself", (path) => Deno.symlinkSync(path, path)],
  ["a link to a device without an end", (path) => Deno.symlinkSync("/dev/zero", path)],
];

const FILES = [
  "master.json",
  "hold.json",
  "jump.json",
  "rollout.json",
  "last-sync.json",
  "listing.json",
  "machine.json",
  "leftovers.json",
  `state/${ID}.json`,
];

Deno.test("a revision's state is read without what is missing, unknown or damaged", () => {
  using folder = new TempFolder();
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  const failed = { at: "2026-01-01T00:00:00.000Z", outcome: "exit 1" };
  const cases: [given: unknown, failure: unknown][] = [
    [undefined, undefined],
    [{ ...failed, log: "/l", more: 1 }, { ...failed, log: "/l" }],
    [{ ...failed, log: 7 }, { ...failed, log: undefined }],
    [{ ...failed, at: "noon" }, undefined],
    [{ at: failed.at }, undefined],
    [null, undefined],
    ["exit 1", undefined],
    [[], undefined],
  ];
  for (const [failedPostJump, expected] of cases) {
    const text = JSON.stringify({ postSync: "ok", key: "k", failedPostJump, unknown: [] });
    Deno.writeTextFileSync(`${pkg.states}/${ID}.json`, text);
    const state = readRevisionState(pkg, ID);
    assertEquals([state?.postSync, state?.key], ["ok", "k"]);
    assertEquals(state?.failedPostJump, expected, text);
  }
});

for (const [name, make] of IN_PLACE) {
  Deno.test(`state is lost and written anew if its file has ${JSON.stringify(name)}`, () => {
    using folder = new TempFolder();
    folder.folder("a");
    const pkg = new PackageDir(folder.path, aPackage("a"));
    pkg.prepare();
    for (const file of FILES) make(`${pkg.own}/${file}`);
    assertEquals(readPointerState(pkg), undefined);
    assertEquals(readHold(pkg, ID), undefined);
    assertEquals(readJournal(pkg), undefined);
    assertEquals(readRolloutState(pkg, 1), undefined);
    assertEquals(readLastSync(pkg), undefined);
    assertEquals(readLastListing(pkg), undefined);
    assertEquals(readOwner(pkg), undefined);
    assertEquals(readReported(pkg), []);
    assertEquals(readRevisionState(pkg, ID), undefined);
    assertEquals(postSyncOf(pkg, ID), "ok");

    writePointerState(pkg, { schema: 2, version: "v", blessed: ID });
    writeHolds(pkg, [{ id: ID, blessed: undefined, version: undefined }]);
    writeLastSync(pkg, { at: "2026-01-01T00:00:00.000Z" });
    writeLastListing(pkg, { at: 1795615200123, ids: [ID], isShared: false });
    writeRevisionState(pkg, ID, { postSync: "failed" });
    writeOwner(pkg, OWNER);
    assertEquals(readOwner(pkg), OWNER);
    assertEquals(readPointerState(pkg)?.blessed, ID);
    assertEquals(readHold(pkg, ID)?.id, ID);
    assertEquals(readLastSync(pkg)?.at, "2026-01-01T00:00:00.000Z");
    assertEquals(readLastListing(pkg), { at: 1795615200123, ids: [ID], isShared: false });
    assertEquals(postSyncOf(pkg, ID), "failed");
    writePointerState(pkg, undefined);
    assertEquals(readPointerState(pkg), undefined);
  });
}

Deno.test("a listing is kept up to 1,000 ids, without what is no id, until it is forgotten", () => {
  using folder = new TempFolder();
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  const listing = { at: 1795615200123, ids: [ID], isShared: false };
  for (const gone of [undefined, { ...listing, ids: Array(1001).fill(ID) }]) {
    writeLastListing(pkg, listing);
    assertEquals(readLastListing(pkg), listing);
    writeLastListing(pkg, gone);
    assertEquals(readLastListing(pkg), undefined);
  }
  const at = new Date(listing.at).toISOString();
  const cases: [given: unknown, expected: unknown][] = [
    [{ at, ids: [ID, 7, "../../etc", null] }, listing],
    [{ at, ids: [ID], shared: true }, { ...listing, isShared: true }],
    [{ at, ids: {} }, undefined],
    [{ at: listing.at, ids: [ID] }, undefined],
    [{ ids: [ID] }, undefined],
  ];
  for (const [given, expected] of cases) {
    Deno.writeTextFileSync(pkg.ownPath("listing"), JSON.stringify(given));
    assertEquals(readLastListing(pkg), expected);
  }
});

Deno.test("what names no blessing, or is of another schema, counts as the little that FTL 0.1.0 stores", () => {
  using folder = new TempFolder();
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  const little = { version: 'a.rev "e" 1795615200000 -', blessed: ID, replaced: undefined };
  const version = 'a.rev "e" 1795615200987 -';
  for (const more of [{}, { schema: 2 }, { schema: 3, blessing: "1" }, { schema: "2" }]) {
    const text = JSON.stringify({ version, blessed: ID, ...more });
    Deno.writeTextFileSync(pkg.ownPath("pointer"), text);
    assertEquals(readPointerState(pkg), { ...little, schema: 1 });
  }
});

Deno.test("a hold of FTL 0.1.0 stays in force in a store whose listings have parts of a second", () => {
  using folder = new TempFolder();
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  const hold = { id: ID, blessed: ID, version: 'a.rev "e" 1795615200987 -' };
  Deno.writeTextFileSync(pkg.ownPath("hold"), JSON.stringify([hold]));
  assertEquals(readHold(pkg, ID)?.version, 'a.rev "e" 1795615200000 -');
});
