/** Package scripts that take away what a sync is working on. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet, idOf } from "./fleet.ts";

const TAKEN_AWAY: [what: string, files: Record<string, string>, message: RegExp][] = [
  [
    "a post-sync that moves its revision away",
    { "post-sync.sh": '#!/bin/sh\nmv "$PWD" "$FTL_ROOT/elsewhere"\n' },
    /post-sync took its own revision away: .*\/revs\/\w+ is not there any more/,
  ],
  [
    "a post-sync that deletes its revision and fails",
    { "post-sync.sh": '#!/bin/sh\nrm -rf "$FTL_REVISION_DIR"\nexit 3\n' },
    /post-sync failed: exit 3/,
  ],
  [
    "a post-jump that deletes its revision",
    { "post-jump.sh": '#!/bin/sh\nrm -rf "$FTL_REVISION_DIR"\n' },
    /The blessed revision a\.\w+ was taken away: .* is not there any more/,
  ],
];

for (const [what, files, message] of TAKEN_AWAY) {
  Deno.test(`${what} is reported, with exit 6`, async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    await fleet.bless(await fleet.spool("a.tgz", files));
    const { code, stderr } = await web.ftl(["sync"]);
    assertEquals(code, 6, stderr);
    assertMatch(stderr, message);
    assertEquals([web.names("a/revs"), web.names("a/.ftl/staging")], [[], []]);
    assertStringIncludes(web.read("a/.ftl/last-sync.json"), "failure");
  });
}

Deno.test("a post-sync that replaces its revision by a link is reported, and the next sync fetches it again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const script = `#!/bin/sh
[ -e "$FTL_ROOT/elsewhere" ] && exit
mv "$PWD" "$FTL_ROOT/elsewhere" && ln -s "$FTL_ROOT/elsewhere" "$FTL_REVISION_DIR"
`;
  const revision = await fleet.spool("a.tgz", { v: "1", "post-sync.sh": script });
  await fleet.bless(revision);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals([code, web.names("a/current").length], [6, 0], stderr);
  await web.ok(["sync"]);
  const path = `${web.root}/a/revs/${idOf(revision)}`;
  assertEquals([Deno.lstatSync(path).isDirectory, web.read("a/current/v")], [true, "1"]);
});

Deno.test("a sync ends even if its candidates delete each other, and reports what is gone", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  for (const v of ["1", "2"]) {
    await fleet.bless(await fleet.spool("a.tgz", { v }));
    await web.ok(["sync"]);
  }
  // A sync that never ends is ended by the script.
  const greedy = '#!/bin/sh\necho >> "$FTL_ROOT/runs"\n' +
    '[ "$(wc -l < "$FTL_ROOT/runs")" -lt 9 ] || kill -s KILL "$FTL_PID"\n' +
    'for other in ../*; do [ "$other" = "../${PWD##*/}" ] || rm -rf "$other"; done\n';
  for (const v of ["3", "4"]) await fleet.spool("a.tgz", { v, "post-sync.sh": greedy });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 6, stderr);
  assertMatch(stderr, /The blessed revision a\.\S+ was taken away/);
});
