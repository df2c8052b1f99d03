/** Runs `ftl` as cloud-init, cron and hardened units run it. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { MOUNTING, ROOT, testWith } from "../required_program.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { Fleet, idOf, type Machine, PROGRAM, PROGRAM_ARGS, type Ran } from "./fleet.ts";

const IS_SOURCE = PROGRAM_ARGS.length > 0;
/** An ordinary user that every system has. */
const NOBODY = 65534;

/** The folder of Deno's downloads: without HOME, Deno must be told where it is. */
function denoDir(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  return Deno.env.get("DENO_DIR") ?? `${cache}/deno`;
}

interface Setting {
  readonly fleet: Fleet;
  /** The whole environment, apart from the variables that point to the bucket. */
  readonly env?: Record<string, string>;
  /** Starts the program, which it gets as its arguments. */
  readonly shell?: string;
  readonly program?: readonly string[];
}

/** Runs `ftl` with a shell that sets the surroundings: no HOME, no PATH, only FTL's own variables. */
async function run(args: readonly string[], setting: Setting): Promise<Ran> {
  const { fleet, env = {}, shell = 'exec "$@"', program = [PROGRAM, ...PROGRAM_ARGS] } = setting;
  const output = await new Deno.Command("/bin/sh", {
    args: ["-c", shell, "-", ...program, ...args],
    cwd: "/",
    clearEnv: true,
    env: { ...(IS_SOURCE ? { DENO_DIR: denoDir() } : {}), ...fleet.server.env("deploys"), ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** The main job on one machine: two revisions; one is blessed and fetched; a jump to the other, and back. */
async function mainJob(web: Machine, setting: Setting): Promise<void> {
  const machine = { ...setting, env: { ...setting.env, FTL_ROOT: web.root } };
  const ok = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args, machine);
    assertEquals(code, 0, `${args}: ${stderr}`);
    return stdout.trimEnd();
  };
  const file = await setting.fleet.pack("a.tgz", {
    v: "1",
    // By absolute path: without PATH, `touch` cannot be found.
    "post-sync.sh": "#!/bin/sh\nset -e\n/bin/cat v > seen\n",
  });
  const first = await ok(["spool", file, "-m", "m"]);
  await ok(["jump", "--master", first]);
  const second = await ok(["spool", file]);
  await ok(["sync"]);
  assertEquals(await ok(["list", "a"]), `${first}\t(active)\n${second}`);
  await ok(["jump", second]);
  await ok(["jump-back", "a"]);
  await ok(["status"]);
  assertEquals(web.link("a/current"), `revs/${idOf(first)}`);
  assertEquals(web.read("a/current/seen"), "1");
}

Deno.test("the main job needs no variable but FTL's own: no HOME, no PATH", async () => {
  await using fleet = await Fleet.start();
  await mainJob(fleet.machine("web", ["a"]), { fleet });
});

Deno.test("an empty PATH and a missing HOME do no harm", async () => {
  await using fleet = await Fleet.start();
  const env = { PATH: "", HOME: "/nonexistent" };
  await mainJob(fleet.machine("web", ["a"]), { fleet, env });
});

Deno.test("closed streams do no harm: the work is done all the same", async () => {
  await using fleet = await Fleet.start();
  const revision = await fleet.spoolByCommand("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", revision]);
  for (const [index, closed] of ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"].entries()) {
    const web = fleet.machine(`web${index}`, ["a"]);
    const setting = { fleet, env: { FTL_ROOT: web.root }, shell: `exec "$@" ${closed}` };
    const { code, stderr } = await run(["sync"], setting);
    assertEquals(code, 0, `${closed}: ${stderr}`);
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
    assertEquals(web.read("a/current/v"), "1");
    assertEquals((await run(["list", "a"], setting)).code, 0);
    assertEquals((await run(["help"], setting)).code, 0);
  }
});

Deno.test("a full disk behind stdout is reported as a full disk", async () => {
  await using fleet = await Fleet.start();
  const { code, stderr } = await run(["help"], { fleet, shell: 'exec "$@" > /dev/full' });
  assertEquals(code, 7);
  assertStringIncludes(stderr, "ftl: Cannot write the result: the disk is full\nhint: ");
});

/** Packs without an entry for the folder itself, so that the archive does not set the modes of two folders. */
async function spoolWithoutFolders(fleet: Fleet): Promise<string> {
  using content = new TempFolder();
  content.write("open", "o", 0o666);
  content.write("secret", "s", 0o600);
  content.write("inner/tool", "t", 0o751);
  const path = `${fleet.folder.path}/a.tgz`;
  const args = ["-czf", path, "-C", content.path, "open", "secret", "inner/tool"];
  assertEquals((await new Deno.Command("tar", { args }).output()).success, true);
  return await fleet.ok(["spool", path]);
}

for (const umask of ["0000", "0022", "0077", "0777"]) {
  // With 0777 an ordinary user could not even read his own files.
  const needs = umask === "0777" ? ROOT : [];
  testWith(
    needs,
    `modes in a revision come from the archive, even with umask ${umask}`,
    async () => {
      await using fleet = await Fleet.start();
      const revision = await spoolWithoutFolders(fleet);
      await fleet.ok(["jump", "--master", revision]);
      const web = fleet.machine("web", ["a"]);
      const setting = { fleet, env: { FTL_ROOT: web.root }, shell: `umask ${umask}; exec "$@"` };
      const { code, stderr } = await run(["sync"], setting);
      assertEquals(code, 0, stderr);
      const id = idOf(revision);
      assertEquals(treeOf(web.root).filter((line) => line.startsWith("a/revs")), [
        "a/revs/ 0755",
        `a/revs/${id}/ 0755`,
        `a/revs/${id}/inner/ 0755`,
        `a/revs/${id}/inner/tool 0751 "t"`,
        `a/revs/${id}/open 0666 "o"`,
        `a/revs/${id}/secret 0600 "s"`,
      ]);
    },
  );
}

Deno.test("no other user can write FTL's own files, whatever the umask is", async () => {
  await using fleet = await Fleet.start();
  const revision = await fleet.spoolByCommand("a.tgz", { v: "1" });
  for (const umask of ["0000", "0077"]) {
    const web = fleet.machine(umask, ["a"]);
    const setting = { fleet, env: { FTL_ROOT: web.root }, shell: `umask ${umask}; exec "$@"` };
    for (const args of [["sync"], ["jump", revision]]) {
      assertEquals((await run(args, setting)).code, 0);
    }
    const own = treeOf(`${web.root}/a`).filter((line) => /^\.(ftl|lock)/.test(line));
    for (const line of own) {
      const [, name, isFolder, mode] = /^(\S*?)(\/?) (\d{4})/.exec(line) ?? [];
      // Other users may see what runs here, so `ftl list` works for them. Only the owner may open a lock.
      const file = name?.endsWith("lock") ? "0600" : "0644";
      assertEquals(mode, isFolder === "/" ? "0755" : file, `${umask}: ${line}`);
    }
    assertEquals(own.length > 6, true);
  }
});

testWith(
  MOUNTING,
  "the root file system and /tmp may be read-only, except for the deployment root",
  async () => {
    await using fleet = await Fleet.start();
    const revision = await fleet.spoolByCommand("a.tgz", {
      v: "1",
      "post-sync.sh": "#!/bin/sh\n: > seen\n",
    });
    await fleet.ok(["jump", "--master", revision]);
    const web = fleet.machine("web", ["a"]);
    // In a namespace of its own. `touch` shows that the file systems are read-only.
    const inside = `mount --make-rprivate / && mount --bind "$FTL_ROOT" "$FTL_ROOT" &&
      for place in / /tmp; do mount -o remount,bind,ro $place 2>&1 || :; done &&
      ! touch /tmp/x && ! touch /x && unset PATH && exec "$@"`;
    const shell = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
      export INSIDE='${inside}'; exec unshare -m /bin/sh -c "$INSIDE" - "$@"`;
    const { code, stderr } = await run(["sync"], { fleet, shell, env: { FTL_ROOT: web.root } });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "'/tmp/x': Read-only file system");
    assertStringIncludes(stderr, "'/x': Read-only file system");
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
    assertEquals(web.names("a/current"), ["post-sync.sh", "seen", "v"]);
  },
);

/** A copy of the program that an ordinary user can reach: neither root's home nor a checkout there. */
function reachableProgram(folder: TempFolder): Pick<Setting, "program" | "env"> {
  Deno.chmodSync(folder.path, 0o755);
  const copy = (from: string, to: string): string => {
    const path = `${folder.path}/${to}`;
    const linked = new Deno.Command("cp", { args: ["-rlL", from, path], stderr: "null" });
    if (linked.outputSync().success) return path;
    new Deno.Command("rm", { args: ["-rf", path] }).outputSync();
    assertEquals(new Deno.Command("cp", { args: ["-r", from, path] }).outputSync().success, true);
    return path;
  };
  const program = copy(PROGRAM, "program");
  if (!IS_SOURCE) return { program: [program] };
  const source = new URL("../../", import.meta.url).pathname;
  folder.folder("source");
  for (const name of ["mod.ts", "src", "deno.json", "deno.lock"]) {
    // Copied, not linked: the copies become readable without a change in the checkout.
    const args = ["-r", `${source}${name}`, `${folder.path}/source/${name}`];
    assertEquals(new Deno.Command("cp", { args }).outputSync().success, true);
  }
  const args = ["-R", "a+rX", `${folder.path}/source`];
  assertEquals(new Deno.Command("chmod", { args }).outputSync().success, true);
  const mod = PROGRAM_ARGS.map((arg) =>
    arg.endsWith("/mod.ts") ? `${folder.path}/source/mod.ts` : arg
  );
  return { program: [program, ...mod], env: { DENO_DIR: copy(denoDir(), "deno-dir") } };
}

testWith(
  [ROOT, "setpriv"],
  "an ordinary user who owns the packages' folders can do the main job",
  async () => {
    await using fleet = await Fleet.start();
    Deno.chmodSync(fleet.folder.path, 0o755);
    using folder = new TempFolder();
    const web = fleet.machine("web", ["a"]);
    Deno.chownSync(`${web.root}/a`, NOBODY, NOBODY);
    const shell = `exec /usr/bin/setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;
    const setting = { fleet, shell, ...reachableProgram(folder) };
    await mainJob(web, setting);
    const owners = ["a/revs", "a/.ftl", "a/.lock", "a/current/v"].map((path) =>
      Deno.statSync(`${web.root}/${path}`).uid
    );
    assertEquals(owners, owners.map(() => NOBODY));

    const denied = fleet.machine("denied", ["a"]);
    const env = { ...setting.env, FTL_ROOT: denied.root };
    const { code, stderr } = await run(["sync"], { ...setting, env });
    assertEquals(code, 7);
    assertMatch(
      stderr,
      new RegExp(
        `ftl: Cannot (make|write in) ${denied.root}/a(/revs)?: permission denied\\nhint: `,
      ),
    );
  },
);
