/** `examples/packer`: the template is HCL that says what the page says, and its script makes a machine that syncs. */
import { parse } from "@cdktn/hcl2json";
import { assertEquals, assertMatch } from "../assert.ts";
import { Fleet } from "../e2e/fleet.ts";
import { testWith } from "../required_program.ts";
import { EXAMPLES } from "./deployment.ts";
import { SYSTEMD, SystemdMachine } from "./systemd_machine.ts";
import type { Fields } from "./template.ts";

const FOLDER = `${EXAMPLES}/packer`;

/** The template as JSON: each block is a list of its contents, below its type and its labels. */
interface PackerTemplate {
  readonly variable: Readonly<Record<string, readonly Fields[]>>;
  readonly source: Readonly<Record<string, Readonly<Record<string, readonly Fields[]>>>>;
  readonly build: readonly [
    {
      readonly sources: readonly string[];
      readonly provisioner: Readonly<Record<string, readonly [Fields]>>;
    },
  ];
}

Deno.test("examples/packer is HCL, and each variable in it is declared and used", async () => {
  const text = Deno.readTextFileSync(`${FOLDER}/machine.pkr.hcl`);
  const template = await parse("machine.pkr.hcl", text) as unknown as PackerTemplate;
  const { variable, source, build: [{ sources, provisioner }] } = template;
  assertEquals(sources, ["source.amazon-ebs.machine"]);
  assertEquals(Object.keys(source["amazon-ebs"] ?? {}), ["machine"]);
  const used = new Set([...text.matchAll(/\bvar\.(\w+)/g)].map(([, name = ""]) => name));
  assertEquals(Object.keys(variable).sort(), [...used].sort());
  const readme = Deno.readTextFileSync(`${FOLDER}/README.md`);
  for (const name of used) assertMatch(readme, new RegExp(`-var ${name}=`));
  assertEquals(provisioner["shell"]?.[0]["script"], "${path.root}/install.sh");
  assertEquals(provisioner["file"]?.[0]["destination"], "/tmp/ftl");
});

testWith(
  SYSTEMD,
  "examples/packer/install.sh makes a machine that has what is blessed, and whose timer starts with it",
  async () => {
    await using fleet = await Fleet.start();
    await using machine = await SystemdMachine.start();
    const revision = await fleet.spool("my_site.tgz", { "index.html": "hello\n" });
    await fleet.bless(revision);
    // The file that Packer uploads.
    const upload = await machine.ok("cat", "/usr/local/bin/ftl");
    machine.write("/srv/upload", `${upload}\n`);
    machine.write("/srv/install.sh", Deno.readTextFileSync(`${FOLDER}/install.sh`));
    const env = Object.entries(fleet.env).map(([name, value]) => `${name}=${value}`);
    await machine.ok(
      "env",
      "HOME=/root",
      ...env,
      "sh",
      "/srv/install.sh",
      "/srv/upload",
      "my_site",
    );

    assertEquals(machine.read("/srv/ftl/my_site/current/index.html"), "hello\n");
    assertMatch(machine.read("/etc/ftl.env"), /^FTL_BUCKET=deploys$/m);
    assertEquals(await machine.ok("systemctl", "is-enabled", "ftl-sync.timer"), "enabled");
    const timer = await machine.run("systemctl", "is-active", "ftl-sync.timer");
    assertEquals(timer.stdout, "inactive\n");
  },
);
