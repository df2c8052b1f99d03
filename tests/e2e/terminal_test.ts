/** Output on a terminal: columns, colors and live lines. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { SCOPES } from "../../src/cli/permissions.ts";
import { permissionFlags } from "./permission_flags.ts";
import { testWith } from "../required_program.ts";
import { Fleet, type Machine, programLine } from "./fleet.ts";

/**
 * Runs a command line on a terminal of its own, with util-linux's `script`. Returns everything that it showed.
 */
async function onTerminal(
  machine: Machine,
  args: readonly string[],
  { columns = 80, env = {}, program = programLine() }: {
    columns?: number;
    env?: Record<string, string | undefined>;
    program?: readonly string[];
  } = {},
): Promise<string> {
  const command = [...program, ...args].map((word) => `'${word}'`).join(" ");
  const defined = Object.entries({
    ...machine.fleet.env,
    FTL_ROOT: machine.root,
    TERM: "xterm-256color",
    ...env,
  }).filter(([, value]) => value !== undefined);
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns} rows 30; ${command}`, "/dev/null"],
    env: Object.fromEntries(defined) as Record<string, string>,
    clearEnv: true,
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
}

// deno-lint-ignore no-control-regex -- escape sequences are what is looked for
const ESCAPE = /\u001b\[/;

testWith("script", "a terminal gets columns with age, size and marks, in color", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(revision);
  await web.ok(["sync"]);
  const shown = await onTerminal(web, ["list", "a"]);
  assertMatch(shown, new RegExp(`^${revision} {2}\\d+ s ago {2}\\d+ B {2}\\(`));
  assertMatch(shown, ESCAPE);
  const plain = await onTerminal(web, ["list", "a"], { env: { NO_COLOR: "1" } });
  assertMatch(plain, new RegExp(`^${revision} {2}\\d+ s ago {2}\\d+ B {2}\\(active\\)\n$`));
});

testWith(
  "script",
  "what takes its time shows live on a terminal, and leaves nothing behind",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const revision = await fleet.spool("a.tgz", { v: "1" });
    const delay = {
      method: "GET",
      key: `${revision}.tgz`,
      fault: { kind: "delay", milliseconds: 1500 },
    };
    fleet.server.addFault(delay as Parameters<typeof fleet.server.addFault>[0]);
    const live = await onTerminal(web, ["sync"], { env: { NO_COLOR: "1" } });
    assertMatch(live, new RegExp(`${revision} {2}fetching -+ 0 B of \\d+ B`));
    const last = live.trimEnd().split("\n").at(-1) ?? "";
    assertMatch(last, /a: fetched 1, in \d/);
  },
);

testWith(
  "script",
  "without a terminal there are no live lines and no escape sequences",
  async () => {
    await using fleet = await Fleet.start();
    const revision = await fleet.spool("a.tgz", { v: "1" });
    const delay = {
      method: "GET",
      key: `${revision}.tgz`,
      fault: { kind: "delay", milliseconds: 800 },
    };
    fleet.server.addFault(delay as Parameters<typeof fleet.server.addFault>[0]);
    const cases: [name: string, args: string[], env: Record<string, string>][] = [
      ["ci", ["sync"], { CI: "true", NO_COLOR: "1" }],
      ["dumb", ["sync"], { TERM: "dumb" }],
      ["quiet", ["sync", "--quiet"], { NO_COLOR: "1" }],
    ];
    for (const [name, args, env] of cases) {
      const shown = await onTerminal(fleet.machine(name, ["a"]), args, { env });
      assert(!ESCAPE.test(shown), `${name}: ${JSON.stringify(shown)}`);
      assert(!shown.includes("fetching"), name);
    }
    const piped = await fleet.machine("pipe", ["a"]).ftl(["sync"]);
    assert(!ESCAPE.test(piped.stderr));
    assertMatch(piped.stderr, new RegExp(`^${revision}: fetched \\d+ B, \\d+ entries, in `));
  },
);

testWith("script", "help fits narrow and wide terminals", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", []);
  for (const columns of [60, 80, 200]) {
    const shown = await onTerminal(web, ["help"], { columns });
    const widest = Math.max(...shown.split("\n").map((line) => line.length));
    assert(widest <= columns && widest > Math.min(columns, 100) - 20, `${widest} of ${columns}`);
  }
});

Deno.test("output into a closed pipe ends quietly", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", Array.from({ length: 50 }, (_, i) => `package_${i}`));
  const command = [...programLine(), "list"].map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `${command} | head -1; ${command} | true`],
    env: { ...fleet.env, FTL_ROOT: web.root },
    clearEnv: true,
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "package_0\n");
  assertEquals(new TextDecoder().decode(stderr), "");
});

Deno.test("spool reports its work and speed, and the next commands", async () => {
  await using fleet = await Fleet.start();
  const { stdout, stderr } = await fleet.ftl(["spool", await fleet.pack("a.tgz", { v: "1" })]);
  const revision = stdout.trim();
  assertStringIncludes(stderr, `next: ftl jump --master ${revision} `);
  assertStringIncludes(stderr, `or: ftl sync && ftl jump ${revision} `);
});

Deno.test("--version shows version, commit, runtime and architecture", async () => {
  await using fleet = await Fleet.start();
  assertMatch(
    await fleet.ok(["--version"]),
    /^ftl \d+\.\d+\.\d+ \([^,]+, Deno \d+\.\d+\.\d+, (x86_64|aarch64)\)$/,
  );
});

testWith(
  "script",
  "from source, with the rights that a command needs, nobody is asked for more",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const file = await fleet.pack("a.tgz", { v: "1" });
    const entry = new URL("../../mod.ts", import.meta.url).pathname;
    const flags = permissionFlags(SCOPES.master).filter((flag) => flag !== "--no-prompt");
    // The asked server does not answer here.
    const program = [
      ...["timeout", "--foreground", "60"],
      Deno.execPath(),
      "run",
      "--quiet",
      ...flags,
      entry,
    ];
    const shown = await onTerminal(web, ["spool", file], { program });
    assertEquals(shown.includes("Deno requests"), false, shown);
    assertMatch(shown, /^a\.\w{11}$/m);
  },
);
