/** `ftl setup`: its texts, and the programs that must accept them. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { TempFolder } from "../temp.ts";
import { testWith } from "../required_program.ts";
import { KEYS } from "../trust/vectors.ts";
import { AWKWARD_ROOT, run, setup, system } from "./setup_run.ts";

Deno.test("setup fills in the environment, and names the remaining placeholders", async () => {
  const env = { FTL_BUCKET: "b-1", FTL_ROOT: "/r/", AWS_REGION: "eu-west-3" };
  const filled = await run(["setup", "systemd", "env"], env);
  assertEquals(filled.stderr, "");
  assertMatch(
    filled.stdout,
    /\nFTL_BUCKET=b-1\nFTL_ROOT=\/r\nAWS_REGION=eu-west-3\n# .*\nFTL_REPORT=3600\n$/,
  );

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

Deno.test("setup gives machines FTL_TRUST and the variables beside it, as a shell and cron read them, and never FTL_SIGN_KEY", async () => {
  const base = { FTL_BUCKET: "b-1", AWS_REGION: "eu-west-3", FTL_SIGN_KEY: "/home/ann/.ssh/id" };
  const keys = `warn:${KEYS.ed25519}, ${KEYS.other}`;
  const trust = {
    FTL_TRUST: keys,
    FTL_TRUST_THRESHOLD: "2",
    FTL_TRUST_BUCKET: "b-0",
    FTL_TRUST_SINCE: "2026-11-25",
  };
  using folder = new TempFolder();
  const env = folder.write("ftl.env", await setup(["systemd", "env"], { ...base, ...trust }));
  const names = ["FTL_TRUST", "FTL_TRUST_THRESHOLD", "FTL_TRUST_BUCKET", "FTL_TRUST_SINCE"];
  const print = names.map((name) => `printf '%s\\n' "$${name}"`).join("; ");
  const shown = await system("sh", ["-c", `. "$1"; ${print}`, "-", env]);
  assertEquals(shown.stdout.trimEnd().split("\n"), [keys, "2", "b-0", "2026-11-25"]);
  for (const kind of ["systemd", "cron", "cloud-init"]) {
    const text = await setup([kind], { ...base, ...trust });
    const lines = text.split("\n").map((line) => line.trim());
    assertEquals(lines.filter((line) => /^FTL_TRUST/.test(line)), [
      `FTL_TRUST="${keys}"`,
      "FTL_TRUST_THRESHOLD=2",
      "FTL_TRUST_BUCKET=b-0",
      "FTL_TRUST_SINCE=2026-11-25",
    ]);
    const without = await setup([kind], base);
    assertEquals(
      [text, without].some((one) => one.includes("SIGN_KEY") || one.includes(".ssh")),
      false,
    );
    assertEquals(/TRUST|signatures/.test(without), false);
  }
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
    [["cron"], { FTL_TRUST: "/a\nb" }, "ftl: FTL_TRUST has a character that no such file can hold"],
    [["cron"], { FTL_TRUST_THRESHOLD: "0" }, "ftl: FTL_TRUST_THRESHOLD is not a whole number"],
    [["systemd"], { FTL_TRUST_SINCE: "soon" }, "ftl: FTL_TRUST_SINCE is not a time: 'soon'"],
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
    "* * * * * root renice -n 10 -p $$ > /dev/null 2>&1; (/usr/local/bin/ftl sync --quiet --list-every 600 --splay 30 2>&1 || " +
      'echo "ftl: exit $?") | logger -t ftl',
  );
});

Deno.test("each timer lists S3 every ten minutes", async () => {
  const line = "/usr/local/bin/ftl sync --quiet --list-every 600";
  for (const what of ["systemd", "cron", "cloud-init"]) {
    assertStringIncludes(await setup([what]), line, what);
  }
});

Deno.test("each text for a machine has it report each hour, or as the environment says", async () => {
  for (const what of ["systemd", "cron", "cloud-init"]) {
    assertStringIncludes(await setup([what]), "FTL_REPORT=3600\n", what);
    assertStringIncludes(await setup([what], { FTL_REPORT: "0" }), "FTL_REPORT=0\n", what);
  }
});

Deno.test("the lifecycle rules let nothing expire but what lies below .ftl/", async () => {
  const { code, stdout, stderr } = await run(["setup", "lifecycle"]);
  assertEquals(code, 0);
  assertMatch(
    stderr,
    /^warning: These rules replace all others of the bucket\..* outside of \.ftl\//,
  );
  const { Rules } = JSON.parse(stdout) as {
    Rules: { Filter: { Prefix: string }; Expiration?: { Days?: number } }[];
  };
  const expiring = Rules.filter((rule) =>
    "Expiration" in rule || "NoncurrentVersionExpiration" in rule
  );
  assertEquals(expiring.map(({ Filter, Expiration }) => [Filter.Prefix, Expiration?.Days]), [
    [".ftl/fleet/", 7],
    [".ftl/rollout/", 30],
    [".ftl/", undefined],
  ]);
  const { configuration } = JSON.parse((await run(["setup", "lifecycle", "--json"])).stdout);
  assertEquals(configuration, { Rules });
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
    assertEquals(/^\t+Nice: (.*)$/m.exec(shown.stdout)?.[1], "10");
  }
});
