/** What cannot be removed from a machine never stands before a deployment, and is told once. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Mount } from "../prove/mounts.ts";
import { MOUNTING, ROOT, testWith } from "../required_program.ts";
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

testWith(
  ROOT,
  "what a sync of another user left, also a whole revision, stops no deployment",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const [first] = await deploy(fleet, web, "1");
    const next = await fleet.spool("a.tgz", { version: "2" });
    const user = 1500;
    // As root's killed sync leaves it in the folders of an ordinary user, who deploys from now on.
    for (const path of ["", "/a", "/a/revs", "/a/.ftl", "/a/.ftl/staging", "/a/.ftl/trash"]) {
      Deno.chownSync(`${web.root}${path}`, user, user);
    }
    for (const path of ["state", "sync.lock", "log"]) {
      const full = `${web.root}/a/.ftl/${path}`;
      if (web.names("a/.ftl").includes(path)) Deno.chownSync(full, user, user);
    }
    Deno.chownSync(`${web.root}/a/.lock`, user, user);
    for (const path of [`staging/${idOf(next)}`, "aside/1", `trash/${idOf(first)}.x`]) {
      Deno.mkdirSync(`${web.root}/a/.ftl/${path}`, { recursive: true });
      Deno.writeTextFileSync(`${web.root}/a/.ftl/${path}/file`, "root's");
    }
    Deno.writeTextFileSync(`${web.root}/a/.ftl/hold.json.tmp`, "");
    await fleet.ok(["jump", "--master", next]);
    Deno.chmodSync(fleet.folder.path, 0o755);
    const as = (command: string): Promise<[number, string]> => asUser(web, user, command);
    const [code, stderr] = await as("sync");
    assertEquals(code, 0, stderr);
    assertEquals(web.read("a/current/version"), "2");
    assertEquals(stderr.match(/^warning: Cannot delete /gm)?.length, 3, stderr);
    const [again, quiet] = await as("sync");
    assertEquals([again, quiet.includes("warning")], [0, false]);
    assert(!web.names("a/.ftl").includes("hold.json.tmp"));
  },
);

/** From the source, or the executable where there is one, as an ordinary user. */
async function asUser(web: Machine, user: number, command: string): Promise<[number, string]> {
  const { PROGRAM, PROGRAM_ARGS } = await import("./fleet.ts");
  const { code, stderr } = await new Deno.Command(PROGRAM, {
    args: [...PROGRAM_ARGS, command],
    env: { ...web.fleet.env, FTL_ROOT: web.root, FTL_KEEP: "0" },
    clearEnv: true,
    uid: user,
    gid: user,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return [code, new TextDecoder().decode(stderr)];
}
