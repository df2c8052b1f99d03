/** `ftl status`, with and without S3. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { idOf } from "./fleet.ts";
import { threeRevisions } from "./three_revisions.ts";

Deno.test("status shows what runs, what should run, and what a sync would do", async () => {
  const { fleet, web, revisions: [, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  assertMatch(
    await web.ok(["status"]),
    new RegExp(
      `^PACKAGE +a\nACTIVE +${second}\nBLESSED +${second}\nPREVIOUS +.*\nNEWEST +${third}\n` +
        "DISK .* k?B\nLAST SYNC +.* ago\nNEXT SYNC +nothing to do$",
    ),
  );
  await web.ok(["jump", third]);
  assertMatch(await web.ok(["status"]), new RegExp(`^ACTIVE +${third} \\(held\\)$`, "m"));
  await fleet.bless(third);
  const { packages: [found] } = readDocument("status", await web.ok(["status", "a", "--json"]));
  assertEquals(
    [found.package, found.active, found.blessed, found.held, found.failures],
    ["a", third, third, false, []],
  );
  assertEquals([found.master.newest, found.master.activate, found.master.fetch], [third, null, []]);
  assert(found.disk > 0);
  // A command accepts each of these names.
  await web.ok(["jump", found.previous]);
});

Deno.test("status shows that the active revision is gone, and the next sync brings it back", async () => {
  const { fleet, web, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  Deno.removeSync(`${web.root}/a/revs/${idOf(second)}`, { recursive: true });
  const gone = await web.ok(["status"]);
  assertMatch(gone, new RegExp(`^ACTIVE +${second} \\(gone\\)$`, "m"));
  assertMatch(gone, /^NEXT SYNC +fetch 1/m);
  const { packages: [found] } = readDocument("status", await web.ok(["status", "--json"]));
  assertEquals(found.master.fetch, [second]);
  await web.ok(["sync"]);
  assertMatch(await web.ok(["status"]), new RegExp(`^ACTIVE +${second}$`, "m"));
});

Deno.test("status shows what it knows without S3", async () => {
  const { fleet, web, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  const local = await web.ok(["status"], { env: { FTL_BUCKET: undefined } });
  assertMatch(local, new RegExp(`^ACTIVE +${second}$[^]*^NEXT SYNC +\\?$`, "m"));
  const { code, stdout, stderr } = await web.ftl(["status"], {
    env: { AWS_SECRET_ACCESS_KEY: "x" },
  });
  assertEquals(code, 7);
  assertMatch(stdout, new RegExp(`^ACTIVE +${second}$`, "m"));
  assertEquals(stderr.match(/^ftl: /gm)?.length, 1);
  const json = await web.ftl(["status", "--json"], { env: { AWS_SECRET_ACCESS_KEY: "x" } });
  const { packages: [found], failures } = readDocument("status", json.stdout);
  assertEquals(failures, found.failures);
  assertEquals([json.code, found.failures[0].exitCode, found.active], [7, 7, second]);
});
