/** `ftl doctor` on variables, credentials, S3 and the clock. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { treeOf } from "../temp.ts";
import { healthy, remarks } from "./doctor_fleet.ts";
import { Fleet } from "./fleet.ts";

Deno.test("doctor finds no problem if there is none, and leaves nothing behind", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const before = treeOf(web.root);
  const objects = await fleet.bucket().list("");
  const result = await web.ftl(["doctor"]);
  assertEquals([result.code, result.stderr, remarks(result)], [0, "", []]);
  assertEquals(result.stdout.split("\n").map((line) => line.slice(6, 20).trim()), [
    ...["FTL_BUCKET", "FTL_ROOT", "FTL_MACHINE", "credentials", "region"],
    ...["S3 list", "S3 get", "S3 spool", "S3 bless", "S3 conditions", "clock"],
    ...["root", "writable", "disk", "machine"],
    ...["links", "locks", "unfinished", "post-sync", "post-jump", "health"],
    ...["quarantine", "pause", "holds", "last sync"],
    "",
  ]);
  assertEquals(treeOf(web.root), before);
  assertEquals(await fleet.bucket().list(""), objects);
});

Deno.test("doctor works for a developer without a root, and says what it did not check", async () => {
  await using fleet = await Fleet.start();
  const result = await fleet.ftl(["doctor"]);
  assertEquals(result.code, 0);
  assertEquals(remarks(result), [
    "info  FTL_ROOT  not set: packages on this machine are not checked | " +
    "If packages are to run here: export FTL_ROOT=<the deployment folder>, as in /srv/ftl",
  ]);
  assertStringIncludes(result.stdout, "  s3://deploys, the whole bucket\n");
});

Deno.test("doctor gives one JSON document with --json", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const { code, stdout } = await web.ftl(["doctor", "--json"], { env: { FTL_KEEP: "x" } });
  assertEquals(code, 2);
  const { checks } = readDocument("doctor", stdout);
  assertEquals(checks.find(({ status }: { status: string }) => status !== "ok"), {
    name: "FTL_KEEP",
    status: "fail",
    detail: "FTL_KEEP is not a whole number from 0 to 1000: 'x'",
    hint: "Unset it for the default, 3",
  });
  assertEquals(checks.length, 26);
});

/** The variables, the exit code, and the beginnings of the first findings. */
type EnvironmentCase = [Record<string, string | undefined>, number, string[]];

const NOT_ASKED = "info  S3  permissions were not checked: fix the failures above first";

const ENVIRONMENT_CASES: EnvironmentCase[] = [
  [{ FTL_BUCKET: undefined }, 2, ["fail  FTL_BUCKET  FTL_BUCKET is not set | ", "info  S3  not"]],
  [{ FTL_BUCKET: "s3://b" }, 2, ["fail  FTL_BUCKET  FTL_BUCKET is not the name", "info  S3  not"]],
  [{ FTL_BUCKET: "other" }, 3, ["fail  S3 list  No such bucket: other | Check", NOT_ASKED]],
  [{ FTL_ROOT: "srv" }, 2, ["fail  FTL_ROOT  FTL_ROOT is not an absolute path: 'srv'"]],
  [{ FTL_ROOT: "/nonexistent" }, 3, ["fail  root  FTL_ROOT is not there: /nonexistent | mkdir"]],
  [{ FTL_ROOT: "/dev/null" }, 7, ["fail  root  FTL_ROOT is not a directory: /dev/null"]],
  [{ FTL_LOCK_WAIT: "-1" }, 2, ["fail  FTL_LOCK_WAIT  FTL_LOCK_WAIT is not a whole number"]],
  [{ FTL_KEP: "3" }, 0, ["warn  FTL_KEP  is set, but FTL has no such variable | FTL knows FTL_BU"]],
  [{ AWS_REGION: undefined }, 2, ["fail  region  AWS_REGION is not set | export", NOT_ASKED]],
  [{ AWS_REGION: '"us-east-1"' }, 2, [
    "fail  AWS_REGION  AWS_REGION has a quote or white space at an end",
    NOT_ASKED,
  ]],
  [{ AWS_SECRET_ACCESS_KEY: undefined }, 2, [
    "fail  AWS_SECRET_ACCESS_KEY  AWS_SECRET_ACCESS_KEY is not set, though AWS_ACCESS_KEY_ID is",
    NOT_ASKED,
  ]],
  [{ AWS_PROFILE: "nobody" }, 2, [
    "info  AWS_PROFILE  'nobody' gives only its settings",
    "fail  settings  AWS_PROFILE names 'nobody', which is in neither",
    NOT_ASKED,
  ]],
  [{ AWS_CA_BUNDLE: "/nonexistent.pem" }, 2, [
    "fail  settings  AWS_CA_BUNDLE names no file that can be read: '/nonexistent.pem'",
    NOT_ASKED,
  ]],
  [{ FTL_PID: "1" }, 0, []],
  [{ AWS_SECRET_ACCESS_KEY: "wrong" }, 7, [
    "fail  S3 list  S3 refuses the signature: the secret key does not fit the access key | Check",
    NOT_ASKED,
  ]],
  [{ AWS_ACCESS_KEY_ID: "ASIAXYZ" }, 2, [
    "fail  AWS_SESSION_TOKEN  AWS_SESSION_TOKEN is not set, though AWS_ACCESS_KEY_ID is of a sess",
    "fail  S3 list  S3 does not know the access key | ",
    NOT_ASKED,
  ]],
  [{ AWS_ENDPOINT_URL_S3: "s3.example.com" }, 2, [
    "fail  AWS_ENDPOINT_URL_S3  AWS_ENDPOINT_URL_S3 is not a URL: 's3.example.com' | As in https://",
    NOT_ASKED,
  ]],
  [{ AWS_ENDPOINT_URL_S3: "http://127.0.0.1:2" }, 7, [
    "fail  S3 list  Cannot reach S3 at http://127.0.0.1:2: connection refused | Check AWS_ENDPOINT",
    "info  clock  S3 gave no time to compare with",
    NOT_ASKED,
  ]],
];

Deno.test("doctor names the wrong variable or answer, and exits as a command would", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  for (const [env, code, expected] of ENVIRONMENT_CASES) {
    const result = await web.ftl(["doctor"], { env });
    const found = remarks(result);
    const name = JSON.stringify(env);
    assertEquals([name, result.code], [name, code], result.stdout + result.stderr);
    assertEquals(
      found.map((line, index) => line.slice(0, expected[index]?.length)),
      expected,
      name,
    );
  }
});

Deno.test("doctor shows the source of the credentials", async () => {
  await using fleet = await Fleet.start();
  const { accessKeyId: id, secretAccessKey: secret } = fleet.server;
  const keys = `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  const json = JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: secret });
  const text = `[default]\n${keys}[profile p]\ncredential_process = echo '${json}'\n`;
  const file = fleet.folder.write("config", text);
  const unset = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  for (const [profile, source] of [["", "the shared AWS files"], ["p", "the credential_process"]]) {
    const env = { ...unset, AWS_CONFIG_FILE: file, AWS_PROFILE: profile };
    const { code, stdout } = await fleet.ftl(["doctor"], { env });
    assertStringIncludes(stdout, `ok    credentials    ${id}, from ${source}`);
    assertEquals(code, 0);
  }
});

Deno.test("doctor says which machine this is, warns of a host's name, and shows a copy", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const named = await web.ftl(["doctor"]);
  assertMatch(named.stdout, /^ok {4}machine +web, from FTL_MACHINE$/m);
  const copied = await web.ftl(["doctor"], { env: { FTL_MACHINE: "other" } });
  assertEquals([copied.code, remarks(copied)], [0, [
    "info  machine  a is a copy from web | 'ftl sync a' makes it this machine's: its post-jump runs here once",
  ]]);
  // A host that cloud-init has set up knows its id.
  const [unnamed = "ok, from cloud-init"] = remarks(
    await web.ftl(["doctor"], { env: { FTL_MACHINE: undefined } }),
  );
  assertMatch(
    unnamed,
    /^warn {2}machine {2}\S+, from the host's name: .* \| .* export FTL_MACHINE=<name>$|cloud-init$/,
  );
});

Deno.test("doctor does not fail if a machine may not write in S3", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  fleet.server.addFault({ operation: "PutObject", fault: { kind: "access-denied" } });
  const result = await web.ftl(["doctor"]);
  assertEquals(result.code, 0);
  assertEquals(remarks(result), [
    "info  S3 spool  not allowed; only those who spool need it, machines do not",
    "info  S3 bless  not allowed; only those who bless need it, machines do not",
    "info  S3 conditions  not checked: that needs the right to write",
  ]);
});

Deno.test("doctor shows who may write what: spooling and blessing are two rights", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const denied = { kind: "access-denied" } as const;
  fleet.server.addFault({ operation: "PutObject", key: /\.rev$/, fault: denied });
  // With the least policy, those who spool may not read the object.
  fleet.server.addFault({ operation: "GetObject", key: /ftl-doctor/, fault: denied });
  const result = await web.ftl(["doctor"]);
  assertEquals(remarks(result), [
    "info  S3 bless  not allowed; only those who bless need it, machines do not",
  ]);
});

Deno.test("doctor names the right that a machine lacks", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const denied = { kind: "access-denied" } as const;
  fleet.server.addFault({ operation: "HeadObject", fault: denied });
  const get = await web.ftl(["doctor"]);
  assertEquals(get.code, 7);
  assertMatch(
    remarks(get).join("\n"),
    /^fail {2}S3 get {2}Access denied: s3:GetObject on .* \| Allow s3:GetObject on arn:aws:s3:::deploys\/\* /,
  );
  fleet.server.addFault({ operation: "ListObjectsV2", fault: denied });
  const list = await web.ftl(["doctor"]);
  assertEquals(list.code, 7);
  assertMatch(
    remarks(list)[0] ?? "",
    /^fail {2}S3 list {2}Access denied: s3:ListBucket on s3:\/\/deploys \| /,
  );
});
