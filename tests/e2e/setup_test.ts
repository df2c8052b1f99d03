/** `ftl setup`: its texts, and the programs that must accept them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { TempFolder } from "../temp.ts";
import { type Ran, startProgram } from "./fleet.ts";
import { testWith } from "../required_program.ts";

/** The variables that Deno needs to run from source. */
const DENO_ENV = Object.fromEntries(
  ["HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name)]),
);

const AWKWARD_ROOT = "/srv/m\u00fc \"q\" 'a' %t 100%% $HOME `id` \\ \\n ;#";

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const child = startProgram(args, { cwd: "/", env: { ...DENO_ENV, ...env } });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function setup(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(["setup", ...args], env);
  assertEquals(code, 0, stderr);
  return stdout;
}

async function system(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], env })
    .output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("setup fills in the environment, and names the remaining placeholders", async () => {
  const env = { FTL_BUCKET: "b-1", FTL_ROOT: "/r/", AWS_REGION: "eu-west-3" };
  const filled = await run(["setup", "systemd", "env"], env);
  assertEquals(filled.stderr, "");
  assertMatch(filled.stdout, /\nFTL_BUCKET=b-1\nFTL_ROOT=\/r\nAWS_REGION=eu-west-3\n$/);

  const bare = await run(["setup", "cron"]);
  assertEquals(bare.code, 0);
  assertStringIncludes(bare.stdout, 'FTL_BUCKET="<bucket>"\nFTL_ROOT=/srv/ftl\n');
  assertEquals(
    bare.stderr,
    "warning: Not given: FTL_BUCKET, AWS_REGION; replace their placeholders, as in <bucket>, " +
      "in the text\n",
  );

  const store = await setup(["cron"], { ...env, AWS_ENDPOINT_URL: "http://10.0.0.1:9000" });
  assertStringIncludes(store, "\nAWS_ENDPOINT_URL_S3=http://10.0.0.1:9000\n");
});

Deno.test("no machine runs with a placeholder of setup", async () => {
  using folder = new TempFolder();
  folder.folder("root/my_site");
  const cases: [env: Record<string, string>, name: string][] = [
    [{}, "FTL_BUCKET"],
    [{ FTL_BUCKET: "my-deploys" }, "AWS_REGION"],
  ];
  for (const [given, name] of cases) {
    const text = (await setup(["systemd", "env"], given)).replace(
      "/srv/ftl",
      `${folder.path}/root`,
    );
    // As a shell reads it, and so as the service has it.
    const path = folder.write("ftl.env", text);
    const shown = await system("sh", ["-c", '. "$1"; echo "$FTL_BUCKET $AWS_REGION"', "-", path]);
    const [FTL_BUCKET = "", AWS_REGION = ""] = shown.stdout.trim().split(" ");
    for (const args of [["sync"], ["status"], ["list", "--master"], ["spool", path]]) {
      const env = { FTL_ROOT: `${folder.path}/root`, FTL_BUCKET, AWS_REGION };
      const { code, stderr } = await run(args, env);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, `ftl: ${name} is still a placeholder: '<`);
    }
  }
});

Deno.test("setup refuses arguments that it has no text for", async () => {
  const cases: [string[], Record<string, string>, string][] = [
    [["windows"], {}, "ftl: No setup for 'windows'\nhint: There are setups for systemd, cron"],
    [["systemd", "socket"], {}, "ftl: ftl setup systemd has no part 'socket'\nhint: "],
    [["iam", "admin"], {}, "ftl: ftl setup iam has no role 'admin'\nhint: Its roles are machine"],
    [["cron", "x"], {}, "ftl: ftl setup cron: one argument too many, 'x'\n"],
    [
      ["cron", "--from", "https://x"],
      {},
      "ftl: --from is an option of ftl setup cloud-init only\n",
    ],
    [["cloud-init", "../x"], {}, "ftl: '../x' is not the name of a package\n"],
    [["cloud-init", "--from", "http://x"], {}, "ftl: --from is not a place to fetch ftl from"],
    [["cloud-init", "--from", "https://x/'$(id)"], {}, "ftl: --from is not a place to fetch ftl"],
    [["cloud-init", "--sums", "0 ftl"], {}, "ftl: --sums has no sum of ftl-<version>-linux-x86_64"],
    [["iam"], { FTL_BUCKET: 'b","*' }, "ftl: FTL_BUCKET is not the name of a bucket: "],
    [["cron"], { FTL_BUCKET: "a b" }, "ftl: FTL_BUCKET is not the name of a bucket: 'a b'\n"],
    [["cron"], { FTL_BUCKET: "100%" }, "ftl: FTL_BUCKET is not the name of a bucket: '100%'\n"],
    [["cron"], { FTL_BUCKET: "a\nb" }, "ftl: FTL_BUCKET is not the name of a bucket: 'a\\x0ab'\n"],
    [["cron"], { FTL_ROOT: "srv" }, "ftl: FTL_ROOT is not an absolute path: 'srv'\n"],
    [["cron"], { FTL_ROOT: "/a\nb" }, "ftl: FTL_ROOT has a character that no such file can hold"],
    [["systemd"], { FTL_ROOT: "/a\nExecStart=/x" }, "ftl: FTL_ROOT has a character that no such"],
    [["cloud-init"], { FTL_ROOT: "/a\u2028b" }, "ftl: FTL_ROOT has a character that no such file"],
    [
      ["cron"],
      { FTL_ROOT: AWKWARD_ROOT },
      "ftl: A crontab cannot express FTL_ROOT, which has both",
    ],
    [["cron"], { AWS_REGION: "eu west" }, "ftl: AWS_REGION is not the name of a region: "],
    [["cron"], { AWS_ENDPOINT_URL: "http://x/' y" }, "ftl: AWS_ENDPOINT_URL_S3 is not a plain"],
  ];
  for (const [args, env, message] of cases) {
    const { code, stdout, stderr } = await run(["setup", ...args], env);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, message);
  }
});

Deno.test("the environment file means the same to a shell, whatever characters the root has", async () => {
  using folder = new TempFolder();
  for (
    const root of ["/srv/ftl", "/srv/my sites", AWKWARD_ROOT, "/ends with\\", "/-", "/!x~*?[a]"]
  ) {
    const path = folder.write("ftl.env", await setup(["systemd", "env"], { FTL_ROOT: root }));
    const shown = await system("sh", ["-c", '. "$1" && printf %s "$FTL_ROOT"', "-", path]);
    assertEquals(shown.stdout, root);
  }
});

Deno.test("the crontab quotes a root with the kind of quotes that it does not contain", async () => {
  const root = async (FTL_ROOT: string): Promise<string | undefined> =>
    /^FTL_ROOT=.*$/m.exec(await setup(["cron"], { FTL_ROOT }))?.[0];
  assertEquals(await root("/srv/ftl"), "FTL_ROOT=/srv/ftl");
  assertEquals(await root("/srv/it's 100% "), `FTL_ROOT="/srv/it's 100% "`);
  assertEquals(await root('/srv/"x" $y'), `FTL_ROOT='/srv/"x" $y'`);
  const line = /^\* .*$/m.exec(await setup(["cron"]))?.[0];
  assertEquals(
    line,
    "* * * * * root (/usr/local/bin/ftl sync --quiet --splay 30 2>&1 || " +
      'echo "ftl: exit $?") | logger -t ftl',
  );
});

testWith("systemd-analyze", "systemd accepts the units, and reads the root unchanged", async () => {
  for (const root of ["/srv/ftl", "/srv/my sites", AWKWARD_ROOT, "/ends with\\"]) {
    using folder = new TempFolder();
    const executable = folder.write("ftl", "#!/bin/sh\n", 0o755);
    const units: string[] = [];
    for (const part of ["service", "timer"]) {
      const text = (await setup(["systemd", part], { FTL_ROOT: root }))
        .replaceAll("/usr/local/bin/ftl", executable);
      units.push(folder.write(`ftl-sync.${part}`, text));
    }
    const plain = await system("systemd-analyze", ["verify", "--man=no", ...units]);
    assertEquals([plain.code, plain.stderr], [0, ""]);
    const shown = await system("systemd-analyze", ["verify", "--man=no", ...units], {
      SYSTEMD_LOG_LEVEL: "debug",
    });
    assertEquals(/^\t+ReadWritePaths: (.*)$/m.exec(shown.stdout)?.[1], `-${root}`);
  }
});

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
