/** The main job from beginning to end, on one machine. */
import { assertEquals } from "../assert.ts";
import { Fleet, idOf } from "./fleet.ts";

Deno.test("a revision travels from spool over sync and jump to the current link", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  const first = await fleet.spoolByCommand("my_site.tgz", { "version.txt": "1\n" });

  assertEquals(await fleet.ok(["list", "--master"]), "my_site");
  assertEquals(await fleet.ok(["list", "--master", "my_site"]), first);
  assertEquals(await web.ok(["list"]), "my_site");
  assertEquals(await web.ok(["list", "my_site"]), "");

  const synced = await web.ftl(["sync"]);
  assertEquals([synced.code, synced.stdout], [0, ""]);
  assertEquals(await web.ok(["list", "my_site"]), first);
  assertEquals(web.link("my_site/current"), undefined);

  assertEquals(await web.ok(["jump", first]), "");
  assertEquals(web.link("my_site/current"), `revs/${idOf(first)}`);
  assertEquals(web.read("my_site/current/version.txt"), "1\n");
  assertEquals(await web.ok(["list", "my_site"]), `${first}\t(active)`);
});
