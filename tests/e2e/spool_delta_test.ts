/** What a real `ftl spool` puts beside a revision, on a real server, and what FTL 0.1.0 sees of it. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import type { RevisionName } from "../../mod.ts";
import { noise } from "../commands/delta_archives.ts";
import { requirePatched } from "../commands/delta_reader.ts";
import { Fleet } from "./fleet.ts";
import { OlderFtl } from "./older_ftl.ts";

function files(v: string): Record<string, string> {
  return { "lib.js": noise(100_000, 1), v };
}

Deno.test("spool says what machines move, and an older ftl sees nothing of it", async () => {
  await using fleet = await Fleet.start();
  const first = await fleet.spool("a.tgz", files("1"));
  const path = await fleet.pack("a.tgz", files("2"));
  const { code, stdout, stderr } = await fleet.ftl(["spool", path, "--json"]);
  assertEquals(code, 0, stderr);
  const { revision, deltas: [delta] } = JSON.parse(stdout);
  assertEquals(delta.from, first);
  assertMatch(stderr, new RegExp(`${revision}: patch from ${first}, [0-9]+ B\n`));
  const { bytes } = await requirePatched(fleet.bucket(), first as RevisionName, revision);
  assertEquals(bytes, delta.bytes);
  assert((await fleet.bucket().list(".ftl/delta/a/")).length === 3);

  using older = new OlderFtl();
  const old = fleet.machine("old", ["a"]);
  for (const list of [["list", "--master"], ["list", "--master", "a"]]) {
    const shown = await older.ok(old, list);
    assertEquals(shown.match(/\bftl\b|delta|tree|from\./), null, shown);
  }
  await fleet.bless(revision);
  await older.ok(old, ["sync"]);
  assertEquals(old.read("a/current/v"), "2");
});

Deno.test("spool succeeds whichever of these requests S3 denies", async (t) => {
  const cases: [operation: string, key: RegExp, warnings: number, deltas: number][] = [
    ["GetObject", /\/tree$/, 0, 0],
    ["GetObject", /\.rev$/, 0, 1],
    ["PutObject", /\/tree$/, 1, 0],
    ["PutObject", /\/from\./, 1, 0],
  ];
  await using fleet = await Fleet.start();
  await fleet.bless(await fleet.spool("a.tgz", files("0")));
  for (const [operation, key, warnings, deltas] of cases) {
    await t.step(`${operation} ${key.source}`, async () => {
      await fleet.spool("a.tgz", files("before"));
      fleet.server.addFault({ operation, key, fault: { kind: "access-denied" } });
      const path = await fleet.pack("a.tgz", files(key.source));
      const { code, stdout, stderr } = await fleet.ftl(["spool", path, "--json"]);
      fleet.server.clearFaults();
      assertEquals(code, 0, stderr);
      const spooled = JSON.parse(stdout);
      assertEquals([spooled.warnings.length, spooled.deltas.length], [warnings, deltas], stderr);
    });
  }
});
