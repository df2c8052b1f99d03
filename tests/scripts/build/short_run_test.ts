/**
 * The shortest way through everything that an executable must bring along: the S3 client, the thread that
 * decompresses and writes small files, package scripts. For executables whose emulation makes the whole
 * suite too slow.
 */
import { assertEquals, assertMatch } from "../../assert.ts";
import { Random } from "../../random.ts";
import { testExecutable } from "../../required_program.ts";
import { Fleet, idOf, PROGRAM } from "../../e2e/fleet.ts";

/** Compressed bytes beyond which a thread of its own decompresses. */
const LARGE = 3 << 20;
/** Small files, of which that thread then writes some. */
const SMALL = 4_000;

Deno.test("what was built says what it is, spools, lists, syncs and jumps", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  assertMatch(
    await fleet.ok(["--version"]),
    /^ftl \d+\.\d+\.\d+ \(.+, Deno .+, (x86_64|aarch64)\)$/,
  );

  const first = await fleet.spoolByCommand("my_site.tgz", {
    "index.html": "first",
    "post-jump.sh": "#!/bin/sh\necho $FTL_PACKAGE\n",
  });
  await fleet.ok(["jump", "--master", first]);
  await web.ok(["sync"]);
  assertEquals(web.read("my_site/current/index.html"), "first");

  const text = new Random(1).text(LARGE);
  const small = Array.from({ length: SMALL }, (_, n) => [`small/${n}`, text.slice(n, n + 400)]);
  const second = await fleet.spoolByCommand("my_site.tgz", {
    noise: text,
    ...Object.fromEntries(small),
  });
  await web.ok(["sync"]);
  const jumped = await web.ftl(["jump", second]);
  assertEquals(jumped.code, 0, jumped.stderr);
  assertEquals(web.link("my_site/current"), `revs/${idOf(second)}`);
  assertEquals(web.read("my_site/current/noise"), text);
  for (const [name, content] of small) assertEquals(web.read(`my_site/current/${name}`), content);
  await web.ok(["jump-back", "my_site"]);
  assertEquals(await web.ok(["list", "my_site"]), `${first}\t(active)\n${second}`);
  assertEquals(await fleet.ok(["list", "--master", "my_site"]), `${first}\t(active)\n${second}`);
});

// From source it is Deno's own program that meets it.
testExecutable(
  [],
  "an executable refuses an argument that is not UTF-8: exit 2, and it says why",
  async () => {
    const { code, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$0" spool "$(printf "/tmp/caf\\351.tgz")"', PROGRAM],
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 2, said);
    assertMatch(said, /^ftl: An argument is not UTF-8.*\nhint: .*\n$/);
  },
);
