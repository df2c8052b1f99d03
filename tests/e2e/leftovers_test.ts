/** What cannot be removed from a machine never stands before a deployment, and is told once. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Mount } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { remarks } from "./doctor_fleet.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";

const KEEP_NONE = { env: { FTL_KEEP: "0" } };

async function deploy(fleet: Fleet, web: Machine, version: string): Promise<[string, string]> {
  const revision = await fleet.spool("a.tgz", { version, "data/file": "x" });
  await fleet.ok(["jump", "--master", revision]);
  const { code, stderr } = await web.ftl(["sync"], KEEP_NONE);
  assertEquals(code, 0, stderr);
  assertEquals(web.read("a/current/version"), version);
  return [revision, stderr];
}

testWith(
  MOUNTING,
  "a mount in an old revision keeps that one, its data, and nothing else",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const [first] = await deploy(fleet, web, "1");
    const place = `${web.root}/a/revs/${idOf(first)}/data`;
    const data = fleet.folder.folder("data");
    fleet.folder.write("data/photo", "precious");
    {
      using _mount = Mount.bind(data, place);
      const told = [
        await deploy(fleet, web, "2"),
        await deploy(fleet, web, "3"),
        await deploy(fleet, web, "4"),
      ]
        .map(([, stderr]) => stderr.split("\n").filter((line) => line.includes("mount point")));
      assertEquals(told.map((lines) => lines.length), [0, 1, 0]);
      assertMatch(
        told[1]?.[0] ?? "",
        new RegExp(`^warning: Cannot remove ${first}: ${place} is a mount point; it stays`),
      );
      assertEquals(Deno.readTextFileSync(`${data}/photo`), "precious");
      const found = remarks(await web.ftl(["doctor"])).filter((line) =>
        line.includes("unfinished")
      );
      assertEquals(found.length, 1);
      assertStringIncludes(found[0] ?? "", `revs/${idOf(first)} cannot be deleted`);
      const purged = await web.ftl(["purge", first]);
      assertEquals(purged.code, 7);
      assertStringIncludes(purged.stderr, `\nhint: umount ${place}`);
      assert(web.names(`a/revs/${idOf(first)}`).includes("version"));
    }
    await deploy(fleet, web, "5");
    assert(!web.names("a/revs").includes(idOf(first)));
    assertEquals(web.names("a/.ftl/trash"), []);
    assertEquals(Deno.readTextFileSync(`${data}/photo`), "precious");
  },
);
