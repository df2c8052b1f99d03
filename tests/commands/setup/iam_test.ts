/**
 * The policies of `ftl setup iam`, by what commands ask S3 for. The file is long because each right of each role has its
 * row.
 */
import { assertEquals } from "../../assert.ts";
import { Fleet } from "../../e2e/fleet.ts";
import type { RequestRecord } from "../../s3_server/server.ts";
import {
  IAM_ROLES,
  type IamPolicy,
  iamPolicy,
  type IamRole,
} from "../../../src/commands/setup/iam.ts";
import { aPackage } from "../../names.ts";

const VALUES = { bucket: "deploys", region: "us-east-1" };

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const ACTIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: "s3:ListBucket",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  PutObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  DeleteObject: "s3:DeleteObject",
  DeleteObjects: "s3:DeleteObject",
  ListMultipartUploads: "s3:ListBucketMultipartUploads",
};

/** Whether IAM would allow it: `*` is any text, `?` any one character. */
function allows(
  policy: IamPolicy,
  request: { action: string; key?: string; prefix?: string },
): boolean {
  const resource = `arn:aws:s3:::deploys${request.key === undefined ? "" : `/${request.key}`}`;
  return policy.Statement.some(({ Action, Resource, Condition }) => {
    const prefixes = Condition?.StringLike["s3:prefix"];
    return Action.includes(request.action) &&
      Resource.some((pattern) => wildcard(pattern).test(resource)) &&
      (prefixes === undefined ||
        prefixes.some((pattern) => wildcard(pattern).test(request.prefix ?? "")));
  });
}

function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source.replaceAll("?", ".")}$`, "s");
}

/** A key of those in the body of a request to remove many, of which the log tells nothing. */
const ONE_OF_MANY = "my_site.VZ5vQk8aR4G.tgz";

function asIam({ operation, target, ...record }: RequestRecord): {
  action: string;
  key?: string;
  prefix?: string;
} {
  const prefix = new URL(target, "http://x").searchParams.get("prefix") ?? "";
  const key = operation === "DeleteObjects" ? ONE_OF_MANY : record.key;
  return { action: ACTIONS[operation] ?? operation, prefix, ...(key === undefined ? {} : { key }) };
}

Deno.test("each role's policy allows every request that its commands send, and none has one to spare", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["my_site"]);
  const used = new Map<string, Set<string>>();
  let first = "";

  async function asRole(role: IamRole, work: () => Promise<unknown>): Promise<void> {
    const before = fleet.server.log.length;
    await work();
    for (const record of fleet.server.log.slice(before)) {
      const request = asIam(record);
      // A spool that fails takes back what it can. It needs no right for that: a purge does it later.
      const isTakenBack = request.key?.startsWith(".ftl/delta/") === true;
      if (role === "spool" && request.action === "s3:DeleteObject" && isTakenBack) continue;
      for (const packages of [[], ["my_site"]]) {
        const policy = iamPolicy(role, VALUES, packages.map(aPackage));
        assertEquals([role, request, allows(policy, request)], [role, request, true]);
      }
      used.set(role, (used.get(role) ?? new Set()).add(request.action));
    }
  }

  await asRole("spool", async () => first = await fleet.spoolByCommand("my_site.tgz", { v: "1" }));
  await asRole("spool", async () => {
    // In parts, one of which is refused: they are taken back.
    const big = new Uint8Array(18 * 1024 * 1024);
    const path = fleet.folder.write("my_site.bin", big);
    fleet.server.addFault({ operation: "UploadPart", nth: 2, fault: { kind: "access-denied" } });
    await fleet.ftl(["spool", path]);
    fleet.server.clearFaults();
    await fleet.ok(["spool", path]);
  });
  const second = await fleet.spoolByCommand("my_site.tgz", { v: "2" });
  for (const revision of [first, second]) {
    await asRole("bless", () => fleet.ok(["jump", "--master", revision]));
  }
  await asRole("bless", () => fleet.ok(["jump-back", "--master", "my_site"]));
  await asRole("machine", () => web.ok(["sync"], { env: { FTL_REPORT: "3600" } }));
  await asRole("machine-read-only", () => web.ok(["list", "--master", "--long", "my_site"]));
  const staged = ["jump", "--master", second, "--percent", "50"];
  await asRole("bless", () => fleet.ok(staged));
  await asRole("bless", () => fleet.ok(["jump-back", "--master", "my_site"]));
  await asRole("bless", () => fleet.ok(["history", "my_site"]));
  await asRole("fleet", () => fleet.ok(["history", "my_site"]));
  await asRole("fleet", () => fleet.ok(["fleet"]));
  await asRole("fleet", () => fleet.ok(["fleet", "my_site"]));
  await asRole("bless", () => fleet.ok(["jump", "--master", first, "--wait", "0s"]));
  await asRole("machine", () => web.ok(["status"]));
  await asRole("machine", () => web.ok(["sync", "--dry-run"]));
  await asRole("machine", () => web.ok(["list", "--master", "--long", "my_site"]));
  await asRole("purge", () => fleet.ok(["purge", "--master", "--keep", "0", "my_site"]));
  await asRole("purge", () => fleet.ok(["fleet", "--prune", "1"]));

  for (const role of IAM_ROLES) {
    const granted = iamPolicy(role, VALUES, []).Statement.flatMap(({ Action }) => Action);
    assertEquals([...new Set(granted)].sort(), [...used.get(role) ?? []].sort(), role);
  }
});

const DELTA_OBJECT = ".ftl/delta/my_site/VZ5vQk8aR4G/tree";

Deno.test("no role can do what is another's", () => {
  const rev = "my_site.rev";
  const revision = "my_site.VZ5vQk8aR4G.tar.gz";
  const bare = "my_site.VZ5vQk8aR4G";
  const old = "my_site.201303057568Wq.tgz";
  const cases: [IamRole, string, string, boolean][] = [
    ["machine", "s3:PutObject", revision, false],
    ["machine", "s3:DeleteObject", revision, false],
    ["machine", "s3:GetObject", old, true],
    ["machine", "s3:GetObject", ".ftl/fleet/i-0abc", false],
    ["machine", "s3:GetObject", DELTA_OBJECT, true],
    ["machine", "s3:PutObject", DELTA_OBJECT, false],
    ["machine", "s3:DeleteObject", DELTA_OBJECT, false],
    ["machine-read-only", "s3:GetObject", DELTA_OBJECT, true],
    ["spool", "s3:GetObject", DELTA_OBJECT, true],
    ["spool", "s3:PutObject", DELTA_OBJECT, true],
    ["spool", "s3:DeleteObject", DELTA_OBJECT, false],
    ["bless", "s3:PutObject", DELTA_OBJECT, false],
    ["bless", "s3:GetObject", DELTA_OBJECT, false],
    ["purge", "s3:DeleteObject", DELTA_OBJECT, true],
    ["purge", "s3:GetObject", DELTA_OBJECT, false],
    ["fleet", "s3:GetObject", DELTA_OBJECT, false],
    ["bless", "s3:PutObject", ".ftl/history/my_site/1795615200123", true],
    ["fleet", "s3:PutObject", ".ftl/history/my_site/1795615200123", false],
    ["fleet", "s3:GetObject", ".ftl/history/my_site/1795615200123", true],
    ["machine", "s3:PutObject", ".ftl/fleet/i-0abc", true],
    ["machine", "s3:PutObject", ".ftl/rollout/my_site/1795615200123/ok/i-0abc", true],
    ["machine", "s3:PutObject", ".ftl/history/my_site/1795615200123", false],
    ["machine", "s3:DeleteObject", ".ftl/fleet/i-0abc", false],
    ["machine-read-only", "s3:PutObject", ".ftl/fleet/i-0abc", false],
    ["machine-read-only", "s3:GetObject", ".ftl/rollout/my_site/1795615200123/turn/000017", true],
    ["fleet", "s3:GetObject", ".ftl/fleet/i-0abc", true],
    ["fleet", "s3:GetObject", revision, false],
    ["fleet", "s3:PutObject", ".ftl/fleet/i-0abc", false],
    ["fleet", "s3:DeleteObject", ".ftl/fleet/i-0abc", false],
    ["purge", "s3:DeleteObject", ".ftl/fleet/i-0abc", true],
    ["purge", "s3:DeleteObject", ".ftl/rollout/my_site/1795615200123/ok/i-0abc", false],
    ["bless", "s3:GetObject", ".ftl/fleet/i-0abc", true],
    ["bless", "s3:PutObject", ".ftl/fleet/i-0abc", false],
    ["spool", "s3:PutObject", ".ftl/fleet/i-0abc", false],
    ["spool", "s3:PutObject", revision, true],
    ["spool", "s3:PutObject", bare, true],
    ["spool", "s3:PutObject", rev, false],
    ["spool", "s3:PutObject", "a_very_long_package_name.rev", false],
    ["spool", "s3:PutObject", "my_site.current", false],
    ["spool", "s3:DeleteObject", revision, false],
    ["bless", "s3:PutObject", rev, true],
    ["bless", "s3:PutObject", revision, false],
    ["bless", "s3:PutObject", bare, false],
    ["bless", "s3:DeleteObject", rev, false],
    ["purge", "s3:DeleteObject", revision, true],
    ["purge", "s3:DeleteObject", bare, true],
    ["purge", "s3:DeleteObject", old, true],
    ["purge", "s3:DeleteObject", rev, false],
    ["purge", "s3:DeleteObject", "my_site.current", false],
    ["purge", "s3:DeleteObject", "my_site.previous", false],
    ["purge", "s3:PutObject", rev, false],
    // What `ftl doctor` asks for, to find out what is allowed.
    ["spool", "s3:PutObject", ".ftl-doctor.ftl-doctor-", true],
    ["spool", "s3:PutObject", ".ftl-doctor.rev", false],
    ["spool", "s3:PutObject", ".ftl/delta/.ftl-doctor/tree", true],
    ["bless", "s3:PutObject", ".ftl-doctor.rev", true],
    ["bless", "s3:PutObject", ".ftl-doctor.ftl-doctor-", false],
    ["machine", "s3:PutObject", ".ftl-doctor.rev", false],
  ];
  for (const [role, action, key, expected] of cases) {
    const request = { action, key };
    assertEquals([role, request, allows(iamPolicy(role, VALUES, []), request)], [
      role,
      request,
      expected,
    ]);
  }
});

Deno.test("no role can change the executable below bin/, which machines install", () => {
  const keys = [
    "bin/SHA256SUMS",
    ...["0.1.0", "0.1.20", "0.1.201", "1.10.0", "2.0.20130305"].flatMap((version) =>
      ["x86_64", "arm64"].map((suffix) => `bin/ftl-${version}-linux-${suffix}`)
    ),
  ];
  for (const role of IAM_ROLES) {
    const policy = iamPolicy(role, VALUES, []);
    for (const action of ["s3:PutObject", "s3:DeleteObject"]) {
      assertEquals([role, keys.filter((key) => allows(policy, { action, key }))], [role, []]);
    }
  }
});

Deno.test("a policy for packages is for no other", () => {
  const machine = iamPolicy("machine", VALUES, [aPackage("my_site")]);
  assertEquals(allows(machine, { action: "s3:GetObject", key: ".ftl/fleet/i-0abc" }), false);
  for (const role of IAM_ROLES) {
    const policy = iamPolicy(role, VALUES, [aPackage("my_site")]);
    const keys = [
      ".ftl/delta/my_site2/x/tree",
      "my_site2.rev",
      "my_site2.VZ5vQk8aR4G.tgz",
      "x_my_site.VZ5vQk8aR4G",
      "other.rev",
    ];
    for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]) {
      for (const key of keys) assertEquals(allows(policy, { action, key }), false);
    }
    for (const prefix of ["", "my_site2.", "my_site"]) {
      assertEquals(allows(policy, { action: "s3:ListBucket", prefix }), false);
    }
  }
});

Deno.test("a policy for packages lists what its role needs of them, and no more", () => {
  const prefixes = [
    "my_site.",
    ".ftl/fleet/",
    ".ftl/rollout/my_site/1795615200123/",
    ".ftl/rollout/my_site2/1795615200123/",
    ".ftl/history/my_site/",
    ".ftl/history/my_site2/",
    ".ftl/delta/my_site/",
    ".ftl/delta/my_site2/",
    ".ftl/rollout/",
    ".ftl/",
    "",
  ];
  const listed = IAM_ROLES.map((role) => {
    const policy = iamPolicy(role, VALUES, [aPackage("my_site")]);
    return prefixes.map((prefix) => allows(policy, { action: "s3:ListBucket", prefix }) ? 1 : 0)
      .join("");
  });
  assertEquals(Object.fromEntries(IAM_ROLES.map((role, i) => [role, listed[i] ?? ""])), {
    machine: "10100000000",
    "machine-read-only": "10100000000",
    spool: "10000000000",
    bless: "11101000000",
    purge: "11000010000",
    fleet: "11101000000",
  });
});

Deno.test("a policy names the bucket in the partition of its region", () => {
  const list = (region: string): readonly string[] | undefined =>
    iamPolicy("machine", { bucket: "b-1", region }, []).Statement[0]?.Resource;
  assertEquals(list("eu-central-1"), ["arn:aws:s3:::b-1"]);
  assertEquals(list("cn-north-1"), ["arn:aws-cn:s3:::b-1"]);
  assertEquals(list("us-gov-east-1"), ["arn:aws-us-gov:s3:::b-1"]);
});
