/** Errors of the command line: their texts, hints, exit codes and documents. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { treeOf } from "../temp.ts";
import { Fleet, programLine } from "./fleet.ts";
import { assertError } from "./assert_error.ts";

Deno.test("a missing variable is named, and only the commands that need it require it", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const file = fleet.folder.write("a.txt", "x");
  assertError(await fleet.ftl(["list"]), {
    code: 2,
    says: /FTL_ROOT is not set/,
    hint: /^hint: export FTL_ROOT=/,
  });
  const noBucket = { env: { FTL_BUCKET: undefined } };
  for (const args of [["sync"], ["list", "--master"], ["spool", file]]) {
    assertError(await web.ftl(args, noBucket), {
      code: 2,
      says: /FTL_BUCKET is not set/,
      hint: /^hint: export FTL_BUCKET=/,
    });
  }
  assertEquals((await web.ftl(["list"], noBucket)).code, 0);
  assertEquals((await fleet.ftl(["spool", file])).code, 0);
});

Deno.test("a variable that does not parse is named", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a", "b"]);
  await fleet.spool("a.tgz", { x: "1" });
  for (const name of ["FTL_KEEP", "FTL_LOCK_WAIT", "FTL_CONCURRENCY"]) {
    assertError(await web.ftl(["sync"], { env: { [name]: "many" } }), {
      code: 2,
      says: new RegExp(`${name} is not a whole number .*'many'`),
    });
  }
});

Deno.test("no bucket, no region, no credentials, wrong ones, no server: each has its own error", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const before = treeOf(web.root);
  const port = closedPort();
  const cases: [env: Record<string, string | undefined>, code: number, says: RegExp][] = [
    [{ FTL_BUCKET: "no-such-bucket" }, 3, /No such bucket: no-such-bucket/],
    [{ AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined }, 2, /AWS_REGION is not set/],
    [
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      2,
      /No AWS credentials found/,
    ],
    [{ AWS_ACCESS_KEY_ID: "nobody" }, 7, /does not know the access key/],
    [{ AWS_SECRET_ACCESS_KEY: "wrong" }, 7, /secret key does not fit/],
    [
      { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` },
      7,
      new RegExp(`Cannot reach S3 at http://127.0.0.1:${port}: connection refused`),
    ],
    [{ AWS_ENDPOINT_URL_S3: "http://nowhere.invalid" }, 7, /does not resolve/],
  ];
  for (const [env, code, says] of cases) {
    assertError(await web.ftl(["list", "--master"], { env }), { code, says, hint: /^hint: / });
    assertError(await web.ftl(["sync"], { env }), { code, says });
  }
  assertEquals(treeOf(web.root).filter((line) => !/\/\.(ftl|lock)|revs/.test(line)), before);
});

Deno.test("no such package, revision or file: exit 3", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.spool("a.tgz", { x: "1" });
  const cases: [args: string[], says: RegExp][] = [
    [["list", "b"], /No package b on this machine: .*\/web\/b is not there/],
    [["list", "--master", "b"], /No package b in s3:\/\/deploys/],
    [["sync", "b"], /No package b on this machine/],
    [["jump", "b.VZ5vQk8aR4G"], /No package b on this machine/],
    [["jump", "a.VZ5vQk8aR4G"], /No revision a\.VZ5vQk8aR4G on this machine/],
    [["jump", "--master", "a.VZ5vQk8aR4G"], /No revision a\.VZ5vQk8aR4G in s3:\/\/deploys/],
    [["spool", "nowhere.tgz"], /No such file: nowhere\.tgz/],
  ];
  for (const [args, says] of cases) {
    assertError(await web.ftl(args), { code: 3, says });
  }
  assertError(await web.ftl(["list"], { env: { FTL_ROOT: "/nowhere/at/all" } }), {
    code: 3,
    says: /FTL_ROOT is not there: \/nowhere\/at\/all/,
    hint: /mkdir -p/,
  });
});

Deno.test("a file that is not a package is refused before anything is written", async () => {
  await using fleet = await Fleet.start();
  const cases: [path: string, code: number, says: RegExp][] = [
    [fleet.folder.write("empty.tgz", ""), 2, /empty\.tgz: it is empty/],
    [
      fleet.folder.folder("a folder"),
      2,
      /a folder: the folder's name is not the name of a package/,
    ],
    [fleet.folder.write(".hidden", "x"), 2, /'\.hidden' gives no package name/],
    [fleet.folder.write("-dash.tgz", "x").replace(/^.*\//, "./"), 2, /'-dash\.tgz' gives no/],
    [fleet.folder.write("sp ace.txt", "x"), 2, /'sp ace\.txt' gives no package name/],
    [fleet.folder.write("a.tgz", "this is no gzip"), 5, /Cannot spool .*a\.tgz/],
    [fleet.folder.write("a.tar", "this is no tar"), 5, /Cannot spool .*a\.tar/],
  ];
  for (const [path, code, says] of cases) {
    assertError(await fleet.ftl(["spool", path]), { code, says });
  }
  const written = fleet.server.log.filter(({ method }) => method !== "GET");
  assertEquals(written.map(({ method, key }) => `${method} ${key}`), []);
});

Deno.test("usage errors exit 2 and suggest the right words", async () => {
  await using fleet = await Fleet.start();
  const cases: [args: string[], says: RegExp, hint: RegExp][] = [
    [["spol", "x"], /Unknown command 'spol'/, /Did you mean 'ftl spool'/],
    [["list", "--mastr"], /Unknown option '--mastr'/, /Did you mean --master/],
    [["jump"], /ftl jump: an argument is missing/, /ftl jump REVISION/],
    [["jump", "a", "b"], /one argument too many, 'b'/, /ftl jump REVISION/],
    [["jump", "a"], /'a' is not the name of a revision/, /ftl list a/],
    [["jump", "../x.VZ5vQk8aR4G"], /is not the name of a revision/, /hint: /],
    [["list", "a/b"], /'a\/b' is not the name of a package/, /letters, digits/],
    [["spool", "x", "-m"], /--message needs a value/, /ftl help spool/],
    [["list", "--json=yes"], /--json takes no value/, /ftl help list/],
    [["sync", "--dry-run", "--bogus"], /Unknown option '--bogus'/, /ftl help sync/],
    [["version"], /Unknown command 'version'/, /Did you mean 'ftl --version'/],
    [["rollback", "a"], /Unknown command 'rollback'/, /'ftl jump-back PACKAGE'/],
    [["deploy", "a.tgz"], /Unknown command 'deploy'/, /'ftl spool FILE'.*'ftl jump --master/],
    [["nonsense"], /Unknown command 'nonsense'/, /^hint: 'ftl help' shows/],
  ];
  for (const [args, says, hint] of cases) {
    assertError(await fleet.ftl(args), { code: 2, says, hint });
  }
});

Deno.test("a mistyped package is answered with the nearest name", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site", "api"]);
  for (const args of [["sync", "my_stie"], ["status", "my-site"], ["jump", "mysite.VZ5vQk8aR4G"]]) {
    assertError(await web.ftl(args), {
      code: 3,
      says: /No package .* on this machine/,
      hint: /^hint: Did you mean my_site\? If not: a folder tells FTL .*: mkdir /,
    });
  }
  assertError(await web.ftl(["sync", "database"]), {
    code: 3,
    says: /No package database/,
    hint: /^hint: A folder tells FTL/,
  });
});

Deno.test("a root without a package is reported, but not to a timer", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", []);
  for (const command of ["sync", "list", "status"]) {
    const { code, stdout, stderr } = await web.ftl([command]);
    assertEquals([code, stdout], [0, ""], command);
    assertEquals(
      stderr,
      `Nothing to do: no package has a folder in ${web.root}\n` +
        `next: mkdir ${web.root}/<package>, for each package that this machine should run\n`,
    );
  }
  assertEquals((await web.ftl(["sync", "--quiet"])).stderr, "");
});

Deno.test("with --json an error is also a document on stdout", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const cases: [args: string[], exitCode: number, message: RegExp, hint: RegExp | null][] = [
    [["jump", "a.VZ5vQk8aR4G"], 3, /^No revision a\.VZ5vQk8aR4G on this machine/, /./],
    [["rollback"], 2, /^Unknown command 'rollback'$/, /jump-back/],
    [["list", "--bogus"], 2, /^Unknown option '--bogus'$/, /ftl help list/],
    [["help", "nothing"], 2, /^Unknown command 'nothing'$/, /./],
    [["sync", "--splay", "x"], 2, /^--splay is not a whole number/, null],
    [["list", "--master", "b"], 3, /^No package b in s3/, /./],
  ];
  for (const [args, exitCode, message, hint] of cases) {
    const { code, stdout, stderr } = await web.ftl(["--json", ...args]);
    const { command, error } = readDocument("error", stdout);
    assertEquals(command, args[0] === "rollback" ? null : args[0]);
    assertEquals([code, error.exitCode], [exitCode, exitCode], args.join(" "));
    assertMatch(error.message, message);
    if (hint === null) assertEquals(error.hint, null);
    else assertMatch(error.hint, hint);
    assertStringIncludes(stderr, `ftl: ${error.message}\n`);
  }
  // A word after -- is not an option.
  assertEquals((await web.ftl(["spool", "--", "--json"])).stdout, "");
});

Deno.test("a variable that is not UTF-8 is named by the command that needs it, and harms no other", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const run = async (variable: string, args: string): Promise<[number, string, string]> => {
    const program = programLine().map((word) => `'${word}'`).join(" ");
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", `${variable}=$(printf 'caf\\351'); export ${variable}; ${program} ${args}`],
      env: { ...fleet.env, FTL_ROOT: web.root },
      clearEnv: true,
    }).output();
    const decoder = new TextDecoder();
    return [code, decoder.decode(stdout), decoder.decode(stderr)];
  };
  for (const variable of ["FOO", "USER", "AWS_PROFILE", "FTL_BUCKET"]) {
    assertEquals(await run(variable, "list"), [0, "a\n", ""]);
  }
  for (
    const [variable, args] of [["FTL_ROOT", "list"], ["FTL_BUCKET", "sync"], [
      "AWS_PROFILE",
      "sync",
    ], ["AWS_REGION", "list --master"]]
  ) {
    const [code, stdout, stderr] = await run(variable ?? "", args ?? "");
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, `ftl: ${variable} is not UTF-8`);
  }
});

/** A port without a listener. */
function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
