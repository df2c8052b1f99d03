/** `ftl jump-back`, on a machine and for all machines. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet, idOf } from "./fleet.ts";
import { threeRevisions } from "./three_revisions.ts";

Deno.test("jump-back toggles between the active and the previous revision, with all scripts", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const say = (v: string): Record<string, string> => ({
    v,
    "pre-jump.sh": `#!/bin/sh\necho "$FTL_ACTION pre ${v}"\n`,
    "post-jump.sh": `#!/bin/sh\necho "$FTL_ACTION post ${v}"\n`,
    "un-jump.sh": `#!/bin/sh\necho "$FTL_ACTION un ${v}"\n`,
  });
  const first = await fleet.spool("a.tgz", say("1"));
  const second = await fleet.spool("a.tgz", say("2"));
  await web.ok(["sync"]);
  const none = await web.ftl(["jump-back", "a"]);
  assertEquals(none.code, 3);
  assertStringIncludes(none.stderr, "ftl: No previous revision of a on this machine\nhint: ");
  for (const revision of [first, second]) await web.ok(["jump", revision]);
  for (const [to, from] of [[first, second], [second, first], [first, second]] as const) {
    const { code, stderr } = await web.ftl(["jump-back", "a"]);
    assertEquals(code, 0);
    assertEquals(web.link("a/current"), `revs/${idOf(to)}`);
    assertEquals(web.link("a/previous"), `revs/${idOf(from)}`);
    const [n, o] = to === first ? ["1", "2"] : ["2", "1"];
    assertEquals(stderr.split("\n").filter((line) => line.includes("| ")), [
      `${to} pre-jump| jump-back pre ${n}`,
      `${from} un-jump| jump-back un ${o}`,
      `${to} post-jump| jump-back post ${n}`,
    ]);
  }
});

Deno.test("jump-back --master blesses the revision that was blessed before, and toggles", async () => {
  const { fleet, web, revisions: [first, second] } = await threeRevisions();
  await using _fleet = fleet;
  for (const [blessed, before] of [[first, second], [second, first]]) {
    await fleet.ok(["jump-back", "--master", "a", "-m", "back"]);
    const rev = await fleet.bucket().getSmall("a.rev");
    assertEquals(rev?.text, blessed);
    assertEquals(rev?.metadata["ftl-replaced"], idOf(before ?? ""));
    await web.ok(["sync"]);
    assertEquals(web.link("a/current"), `revs/${idOf(blessed ?? "")}`);
  }
  await fleet.spool("b.tgz", { v: "1" });
  const none = await fleet.ftl(["jump-back", "--master", "b"]);
  assertEquals(none.code, 3);
  assertMatch(none.stderr, /^ftl: No previous revision of b in s3:\/\/deploys\nhint: /);
});
