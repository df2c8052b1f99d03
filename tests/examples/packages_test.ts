/**
 * The packages of `examples/` on a machine as `ftl setup systemd` makes it: a real systemd runs the sync, and the
 * scripts of the package restart a real nginx, Node or Python.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet } from "../e2e/fleet.ts";
import { need, testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { Deployment, EXAMPLES, freePort } from "./deployment.ts";
import { SYSTEMD } from "./systemd_machine.ts";

const PACKAGES = ["static_site", "node_service", "python_service"];

const NGINX = need("nginx", () => isStarted("nginx", "-v"));
/** Where the units of the examples have them. */
const NODE = need("/usr/bin/node", () => isStarted("/usr/bin/node", "--version"));
const PYTHON = need("/usr/bin/python3", () => isStarted("/usr/bin/python3", "--version"));

function isStarted(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("ftl spool takes each package of the examples without a warning", async () => {
  await using fleet = await Fleet.start();
  for (const name of PACKAGES) {
    const args = ["spool", `${EXAMPLES}/${name}/package`, "--name", name, "--json"];
    const { warnings } = JSON.parse(await fleet.ok(args));
    assertEquals([name, warnings], [name, []]);
  }
});

interface ServiceExample {
  readonly name: string;
  /** The source, and a line of it that makes it serve. */
  readonly source: string;
  readonly serves: string;
  /** What stands there in a revision that ends at once. */
  readonly fails: string;
}

const NODE_SERVICE: ServiceExample = {
  name: "node_service",
  source: "server.mjs",
  serves: "server.listen(",
  fails: "throw new Error('broken');\n(",
};
const PYTHON_SERVICE: ServiceExample = {
  name: "python_service",
  source: "service.py",
  serves: "server.serve_forever()",
  fails: "raise SystemExit('broken')",
};

/** Two good revisions, then one that cannot start: the machine goes back. */
async function tryService({ name, source, serves, fails }: ServiceExample): Promise<void> {
  const unit = `${name}.service`;
  const machineFiles = { [unit]: `/etc/systemd/system/${unit}` };
  await using web = await Deployment.of(name, machineFiles, "port");

  const first = await web.release();
  assertEquals(await web.sync(), [0, first], web.log);
  assertEquals(await web.get("/"), `Hello from ${first}\n`);

  web.change(source, (text) => text.replace("Hello from", "Welcome from"));
  const second = await web.release();
  assertEquals(await web.sync(), [0, second], web.log);
  assertEquals(await web.get("/"), `Welcome from ${second}\n`);

  web.change(source, (text) => text.replace(serves, fails));
  await web.release();
  assertEquals(await web.sync(), [6, second], web.log);
  assertMatch(web.log, /health failed: exit 100, after \d+ s/);
  assertEquals(await web.get("/"), `Welcome from ${second}\n`);
  assertEquals(await web.show(unit, "ActiveState"), "active");
}

testWith(
  [SYSTEMD, NODE],
  "examples/node_service: released twice, and back from a revision that does not start",
  async () => {
    await tryService(NODE_SERVICE);
  },
);

testWith(
  [SYSTEMD, PYTHON],
  "examples/python_service: released twice, and back from a revision that does not start",
  async () => {
    await tryService(PYTHON_SERVICE);
  },
);

testWith(
  [SYSTEMD, NGINX, "curl"],
  "examples/static_site: released twice, and nginx's configuration is checked before the jump",
  async () => {
    const machineFiles = { "static_site.conf": "/etc/nginx/conf.d/static_site.conf" };
    await using web = await Deployment.of("static_site", machineFiles, "nginx.conf");
    const unit = Deno.readTextFileSync("/lib/systemd/system/nginx.service");
    web.machine.write("/etc/systemd/system/nginx.service", unit);
    // What Debian's nginx brings listens on port 80, which may be another's here.
    web.machine.write("/etc/nginx/sites-enabled/default", "");

    const first = await web.release();
    assertEquals(await web.sync(), [0, first], web.log);
    assertStringIncludes(await web.get("/"), "<h1>Hello</h1>");
    assertEquals(await web.get("/old.html"), await web.get("/"));
    const main = await web.show("nginx.service", "MainPID");

    web.change("public/index.html", (text) => text.replace("<h1>Hello", "<h1>Welcome"));
    web.change("nginx.conf", (text) => text.replace("/old.html", "/older.html"));
    const second = await web.release();
    assertEquals(await web.sync(), [0, second], web.log);
    assertStringIncludes(await web.get("/older.html"), "<h1>Welcome</h1>");
    assertEquals(await web.show("nginx.service", "MainPID"), main, "reloaded, not restarted");

    web.change("nginx.conf", (text) => text.replace("return 301", "retrun 301"));
    await web.release();
    assertEquals(await web.sync(), [6, second], web.log);
    assertMatch(web.log, /pre-jump\| .*unknown directive "retrun"/);
    assertStringIncludes(await web.get("/older.html"), "<h1>Welcome</h1>");
  },
);

/** The check of a service's health, without systemd: what does it say of the server that runs there? */
async function tryHealth(
  { name, source }: ServiceExample,
  program: string,
  check: string,
): Promise<void> {
  using folder = new TempFolder();
  const cp = new Deno.Command("cp", {
    args: ["-a", `${EXAMPLES}/${name}/package`, `${folder.path}/rev1`],
  });
  assertEquals((await cp.output()).success, true);
  folder.write("rev1/port", `${freePort()}\n`);
  const health = async (revision: string): Promise<number> => {
    const args = [check, revision];
    const command = new Deno.Command(program, { args, cwd: `${folder.path}/rev1`, stderr: "null" });
    return (await command.output()).code;
  };
  assertEquals(await health("rev1"), 1, "nobody answers");
  const server = new Deno.Command(program, { args: [source], cwd: `${folder.path}/rev1` }).spawn();
  while (await health("rev1") !== 0);
  assertEquals(await health("rev2"), 1, "another revision answers");
  server.kill("SIGTERM");
  assertEquals((await server.status).code, 0);
}

testWith(
  "node",
  "examples/node_service: its health is that of its own revision, and it ends well",
  async () => {
    await tryHealth(NODE_SERVICE, "node", "health.mjs");
  },
);

testWith(
  "python3",
  "examples/python_service: its health is that of its own revision, and it ends well",
  async () => {
    await tryHealth(PYTHON_SERVICE, "python3", "health.py");
  },
);
