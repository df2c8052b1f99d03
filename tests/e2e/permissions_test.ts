/** What each command may do: the table is right, it is enforced, and nothing else is done. */
import { assert, assertEquals } from "../assert.ts";
import { compile, PERMISSION_FLAGS } from "../../scripts/build/compile.ts";
import { toolchainFromNpm } from "../../scripts/build/runtime.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import {
  type Permission,
  type Programs,
  type ScopeName,
  scopeOf,
  SCOPES,
} from "../../src/cli/permissions.ts";
import { TempFolder } from "../temp.ts";
import { newKey } from "../trust/new_key.ts";
import { STRACE, testExecutable } from "../required_program.ts";
import { Fleet, type Machine } from "./fleet.ts";

const EXECUTABLE = Deno.env.get("FTL_TEST_EXECUTABLE");
const PROBE = new URL("permission_probe.ts", import.meta.url).pathname;
const SCOPE_NAMES = Object.keys(SCOPES) as ScopeName[];

const NO_PROGRAMS: Programs = { credentialProcess: () => false, signer: () => false };

Deno.test("scopeOf() gives each command line what it needs and no more", () => {
  const cases: [commandLine: string, scope: ScopeName, withCredentialProcess: ScopeName][] = [
    ["", "nothing", "nothing"],
    ["--version", "nothing", "nothing"],
    ["help", "nothing", "nothing"],
    ["sync --help", "nothing", "nothing"],
    ["setup cron", "nothing", "nothing"],
    ["completions bash", "nothing", "nothing"],
    ["list", "look", "look"],
    ["list a", "look", "look"],
    ["purge a.VZ5vQk8aR4G --dry-run", "look", "look"],
    ["jump a.VZ5vQk8aR4G", "change", "change"],
    ["jump-back a", "change", "change"],
    ["purge a.VZ5vQk8aR4G", "change", "change"],
    ["list --master", "master", "master-with-programs"],
    ["jump --master a.VZ5vQk8aR4G", "master", "master-with-programs"],
    ["jump-back --master a", "master", "master-with-programs"],
    ["purge --master a.VZ5vQk8aR4G", "master", "master-with-programs"],
    ["spool a.tgz", "spool", "writes-with-programs"],
    ["spool --no-delta a.tgz", "spool", "writes-with-programs"],
    ["status", "master", "master-with-programs"],
    ["fleet a --wait 15m", "master", "master-with-programs"],
    ["verify a", "master", "master-with-programs"],
    ["verify --master a --show new", "show", "writes-with-programs"],
    ["sync --dry-run", "master", "master-with-programs"],
    ["sync", "sync", "sync"],
    ["doctor", "doctor", "writes-with-programs"],
  ];
  for (const [commandLine, scope, withCredentialProcess] of cases) {
    const parsed = parseArguments(commandLine.split(" ").filter((word) => word !== ""));
    assertEquals(scopeOf(parsed, NO_PROGRAMS), scope, commandLine);
    assertEquals(
      scopeOf(parsed, { ...NO_PROGRAMS, credentialProcess: () => true }),
      withCredentialProcess,
      commandLine,
    );
  }
});

/** What the probe can do with a permission. */
const ABILITIES: Readonly<Record<Permission, readonly string[]>> = {
  read: ["read", "readCloudInit"],
  write: ["write", "remove"],
  run: ["run", "kill"],
  net: ["net", "connect"],
  env: ["env", "otherEnv"],
  sys: ["sys", "otherSys"],
  ffi: ["ffi"],
  // An executable has no loader for code from elsewhere.
  import: EXECUTABLE === undefined ? ["import"] : [],
};

Deno.test("a process in a scope can do what the scope names, and nothing else", async (t) => {
  using folder = new TempFolder();
  const probe = await probeProgram(folder);
  await using server = Deno.serve(
    { port: 0, onListen: () => {} },
    () => new Response("export {};"),
  );
  for (const scope of SCOPE_NAMES) {
    await t.step(scope, async () => {
      const place = folder.folder(scope);
      Deno.writeTextFileSync(`${place}/there`, "");
      const [program = "", ...args] = [...probe, scope, place, String(server.addr.port)];
      const { stdout, stderr } = await new Deno.Command(program, {
        args,
        env: { AWS_PROFILE: "some", SECRET_OF_ANOTHER_PROGRAM: "secret" },
      }).output();
      const decoder = new TextDecoder();
      assert(stdout.length > 0, decoder.decode(stderr));
      const outcome = JSON.parse(decoder.decode(stdout)) as Record<string, boolean>;
      const able = Object.keys(outcome).filter((name) => outcome[name]);
      assertEquals(able, SCOPES[scope].flatMap((name) => ABILITIES[name]).sort(asTried), scope);
    });
  }
});

/** In the order in which the probe tries. */
function asTried(a: string, b: string): number {
  const order = Object.values(ABILITIES).flat();
  return order.indexOf(a) - order.indexOf(b);
}

/** The probe with the permissions of the executable. It is compiled too if an executable is tested. */
async function probeProgram(folder: TempFolder): Promise<string[]> {
  const host = Deno.build.arch;
  if (EXECUTABLE === undefined) {
    return [Deno.execPath(), "run", "--quiet", "--no-config", ...PERMISSION_FLAGS, PROBE];
  }
  const cache = new URL("../../dist/.build/runtime", import.meta.url).pathname;
  const output = `${folder.path}/probe`;
  await compile(await toolchainFromNpm([host], cache), { entry: PROBE, target: host, output });
  return [output];
}

Deno.test("FTL_ROOT, or a package's folder by a link, may be below /dev/shm", async () => {
  await using fleet = await Fleet.start();
  const [first, second] = [
    await fleet.spool("a.tgz", { x: "1" }),
    await fleet.spool("a.tgz", { x: "2" }),
  ];
  const memory = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "ftl-test-" });
  try {
    const linked = fleet.folder.folder("linked");
    for (const root of [memory, linked]) {
      Deno.mkdirSync(`${memory}/a`);
      if (root === linked) Deno.symlinkSync(`${memory}/a`, `${linked}/a`);
      const env = { FTL_ROOT: root };
      await fleet.bless(first);
      await fleet.ok(["sync"], { env });
      await fleet.bless(second);
      await fleet.ok(["sync"], { env });
      assertEquals(Deno.readTextFileSync(`${root}/a/current/x`), "2", root);
      await fleet.ok(["jump-back", "a"], { env });
      assertEquals(Deno.readTextFileSync(`${root}/a/current/x`), "1", root);
      await fleet.ok(["list", "a"], { env });
      await fleet.ok(["verify"], { env });
      Deno.removeSync(`${memory}/a`, { recursive: true });
    }
  } finally {
    Deno.removeSync(memory, { recursive: true });
  }
});

/** System calls by their effect on the world, in the notation of strace. */
const DEEDS: Readonly<Record<string, RegExp>> = {
  connects: /^(connect|sendto)\(.*AF_INET/,
  runs: /^execve\(/,
  writes: new RegExp(
    "^(openat\\(.*(O_WRONLY|O_RDWR|O_CREAT)" +
      "|(mkdir|rename|unlink|symlink|link|truncate|ftruncate|chmod|fchmod|utimensat)[a-z0-9]*\\()",
  ),
};

testExecutable(
  STRACE,
  "the executable makes only the system calls that its scope allows",
  async (t) => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const file = await fleet.pack("a.tgz", { x: "1", "pre-jump.sh": "#!/bin/sh\n" });
    const first = await fleet.ok(["spool", file]);
    const second = await fleet.ok(["spool", file]);
    await fleet.ok(["jump", "--master", first]);
    await web.ok(["sync"]);
    const program = fleet.folder.write("fails-to-sign", "#!/bin/sh\nexit 1\n", 0o755);
    const signing: [key: string, deeds: string[], code: number][] = [
      [newKey().secret, ["connects"], 0],
      [`exec:${program}`, ["connects", "runs"], 2],
    ];
    for (const [FTL_SIGN_KEY, deeds, code] of signing) {
      await t.step(`ftl spool, signed by ${FTL_SIGN_KEY.slice(0, 5)}`, async () => {
        assertEquals(await deedsOf(["spool", file], web, { env: { FTL_SIGN_KEY }, code }), deeds);
      });
    }
    const cases: [args: string[], deeds: string[]][] = [
      [["help"], []],
      [["--version"], []],
      [["completions", "bash"], []],
      [["setup", "cron"], []],
      [["list"], []],
      [["list", "a"], []],
      [["purge", second, "--dry-run"], []],
      [["list", "--master", "a"], ["connects"]],
      [["status"], ["connects"]],
      [["sync", "--dry-run"], ["connects"]],
      [["spool", file], ["connects"]],
      [["jump", second], ["runs", "writes"]],
      [["jump-back", "a"], ["runs", "writes"]],
      [["jump", "--master", second], ["connects"]],
      [["sync"], ["connects", "runs", "writes"]],
      [["jump-back", "--master", "a"], ["connects"]],
    ];
    for (const [args, deeds] of cases) {
      await t.step(`ftl ${args.join(" ")}`, async () => {
        assertEquals(await deedsOf(args, web), deeds);
      });
    }
  },
);

/** Before permissions are given up, everything is allowed. */
const ASKS_OF_HANGUP = 'execve("/bin/sh", ["/bin/sh", "-c", "kill -s HUP $$"],';

/** Runs the executable under strace. Returns what it did, in alphabetical order. */
async function deedsOf(
  args: readonly string[],
  machine: Machine,
  { env = {}, code: wanted = 0 }: { env?: Readonly<Record<string, string>>; code?: number } = {},
): Promise<string[]> {
  using folder = new TempFolder();
  const trace = `${folder.path}/trace`;
  const { code, stderr } = await new Deno.Command("strace", {
    args: ["-f", "-qq", "-o", trace, EXECUTABLE ?? "", ...args],
    env: { ...machine.fleet.env, FTL_ROOT: machine.root, ...env },
    cwd: machine.root,
  }).output();
  assertEquals(code, wanted, new TextDecoder().decode(stderr));
  // Three things do not count: the start of the executable itself, its check whether SIGHUP is ignored, and the
  // kernel's special files. Each line begins with a pid.
  const calls = Deno.readTextFileSync(trace).split("\n").slice(1)
    .map((line) => line.replace(/^\d+\s+/, ""))
    .filter((call) => !call.startsWith(ASKS_OF_HANGUP))
    .filter((call) =>
      !/"\/(dev|proc|sys)\//.test(call) && !/ = -1 E/.test(call.replace(/ = -1 EINPROGRESS.*/, ""))
    );
  return Object.keys(DEEDS).filter((deed) => calls.some((call) => DEEDS[deed]?.test(call))).sort();
}
