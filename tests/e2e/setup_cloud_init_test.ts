/** `ftl setup cloud-init`: its user data, and the installer in it. */
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { TempFolder } from "../temp.ts";
import { testWith } from "../required_program.ts";
import { AWKWARD_ROOT, setup, system } from "./setup_run.ts";

testWith("cloud-init", "cloud-init's own schema accepts the user data", async () => {
  using folder = new TempFolder();
  const cases: [string[], Record<string, string>][] = [
    [[], {}],
    [["my_site", "api"], { FTL_BUCKET: "b-1", FTL_ROOT: AWKWARD_ROOT }],
    [["my_site", "--from", "s3://tools/ftl"], { AWS_REGION: "us-gov-west-1" }],
  ];
  for (const [args, env] of cases) {
    const path = folder.write("user-data", await setup(["cloud-init", ...args], env));
    const checked = await system("cloud-init", ["schema", "--config-file", path]);
    assertEquals(
      [checked.code, checked.stdout],
      [0, `Valid cloud-config: ${path}\n`],
      checked.stderr,
    );
  }
});

testWith(
  "cloud-init",
  "the user data carries the files of 'setup systemd' byte for byte",
  async () => {
    const env = { FTL_ROOT: AWKWARD_ROOT };
    const text = await setup(["cloud-init"], env);
    // Its Python has the YAML reader that cloud-init uses for user data.
    const script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)";
    const { stdout } = await system("python3", ["-c", script, text]);
    const { write_files: files, runcmd } = JSON.parse(stdout) as {
      write_files: { path: string; content: string; permissions: string }[];
      runcmd: string[][];
    };
    assertEquals(runcmd, [["sh", "/usr/local/sbin/install-ftl"]]);
    for (const part of ["env", "service", "timer"]) {
      const file = files.find(({ path }) => path.endsWith(`.${part}`));
      assertEquals(file?.content, await setup(["systemd", part], env));
      assertEquals(file?.permissions, "0644");
    }
  },
);

const X86 = "1".repeat(64);

const ARM = "2".repeat(64);

const SUMS = `${X86}  ftl-9.9.9-linux-x86_64\n${ARM} *dist/ftl-9.9.9-linux-arm64\n`;

/** The installer from the user data. The machine's paths are replaced by those of a test. */
async function installer(
  folder: TempFolder,
  { sums, from = "https://x.example/d" }: { sums: string; from?: string },
): Promise<string> {
  const root = folder.folder("root it's");
  const args = ["cloud-init", "my_site", "api", "--from", from, "--sums", sums, "--json"];
  const { text } = readDocument("setup", await setup(args, { FTL_ROOT: root }));
  const scriptStart = text.indexOf("      #!/bin/sh");
  const script = text.slice(scriptStart, text.indexOf("runcmd:")).replace(/^ {6}/gm, "");
  return script.replaceAll("/usr/local/bin/ftl", `${folder.path}/ftl`)
    .replaceAll(
      "/etc/ftl.env",
      folder.write("ftl.env", await setup(["systemd", "env"], { FTL_ROOT: root })),
    );
}

/** The machine's programs that the installer calls. They print their arguments. */
function standIns(folder: TempFolder, machine: string, executable: string): Record<string, string> {
  folder.write("new-ftl", executable);
  folder.write("bin/uname", `#!/bin/sh\necho ${machine}\n`, 0o755);
  folder.write("bin/systemctl", `#!/bin/sh\necho "systemctl $*"\n`, 0o755);
  const fetch = `for to; do case $to in *.new) cp "${folder.path}/new-ftl" "$to";; esac; done`;
  for (const name of ["curl", "aws"]) {
    folder.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*"\n${fetch}\n`, 0o755);
  }
  return { PATH: `${folder.path}/bin:${Deno.env.get("PATH")}` };
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}

Deno.test("the installer takes the file for the architecture, checks it, syncs and starts the timer", async () => {
  using folder = new TempFolder();
  const executable = '#!/bin/sh\necho "ftl $* in $FTL_ROOT"\nexit 7\n';
  const sum = await sha256(executable);
  for (const [machine, suffix] of [["x86_64", "x86_64"], ["aarch64", "arm64"]] as const) {
    const script = await installer(folder, {
      sums: SUMS.replace(machine === "x86_64" ? X86 : ARM, sum),
    });
    const env = standIns(folder, machine, executable);
    const { code, stdout, stderr } = await system("sh", ["-c", script], env);
    assertEquals(code, 0, stderr);
    const url = `https://x.example/d/ftl-9.9.9-linux-${suffix}`;
    const lines = stdout.split("\n");
    assert(lines[0]?.startsWith("curl --fail") && lines[0].endsWith(` ${url}`), lines[0]);
    assertEquals(lines.slice(1), [
      `ftl sync in ${folder.path}/root it's`,
      "systemctl daemon-reload",
      "systemctl enable --now ftl-sync.timer",
      "",
    ]);
    assertEquals(stderr, "install-ftl: the first sync failed\n");
    assertEquals((Deno.statSync(`${folder.path}/ftl`).mode ?? 0) & 0o777, 0o755);
    assert(Deno.statSync(`${folder.path}/root it's/my_site`).isDirectory);
    assert(Deno.statSync(`${folder.path}/root it's/api`).isDirectory);
  }
});

Deno.test("the installer refuses a file with a wrong sum, and keeps the old ftl", async () => {
  using folder = new TempFolder();
  folder.write("ftl", "the old one");
  const script = await installer(folder, { sums: SUMS, from: "s3://tools/ftl/" });
  const env = standIns(folder, "x86_64", "changed on the way");
  const { code, stdout, stderr } = await system("sh", ["-c", script], env);
  assertEquals(code, 1);
  const from = "s3://tools/ftl/ftl-9.9.9-linux-x86_64";
  assertEquals(stdout, `aws s3 cp --only-show-errors ${from} ${folder.path}/ftl.new\n`);
  assertStringIncludes(stderr, `install-ftl: ${from} is not the expected file`);
  assertEquals(Deno.readTextFileSync(`${folder.path}/ftl`), "the old one");
  assertEquals([...Deno.readDirSync(folder.path)].some(({ name }) => name === "ftl.new"), false);

  const blank = (await setup(["cloud-init"])).split("- path: /usr/local/sbin/install-ftl").at(-1) ??
    "";
  const unfilled = blank.slice(blank.indexOf("#!/bin/sh"), blank.indexOf("runcmd:"))
    .replaceAll("/usr/local/bin/ftl", `${folder.path}/ftl`);
  const refused = await system("sh", ["-c", unfilled], env);
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(refused.stderr, "install-ftl: replace the placeholders");

  const strange = await system("sh", ["-c", script], standIns(folder, "riscv64", ""));
  assertEquals([strange.code, strange.stderr], [1, "install-ftl: there is no ftl for riscv64\n"]);
});
