/**
 * `examples/cloudformation/fleet.yaml`: AWS knows what it makes, and the policies, rules and user data in it are
 * those that `ftl setup` prints.
 */
import { cloudInit } from "../../src/commands/setup/cloud_init.ts";
import { type IamPolicy, iamPolicy, type IamRole } from "../../src/commands/setup/iam.ts";
import { LIFECYCLE } from "../../src/commands/setup/lifecycle.ts";
import { assert, assertEquals } from "../assert.ts";
import { aPackage } from "../names.ts";
import { EXAMPLES } from "./deployment.ts";
import {
  checkResources,
  type Fields,
  functionOf,
  isFields,
  namesIn,
  readTemplate,
  type Value,
} from "./template.ts";

const TEXT = Deno.readTextFileSync(`${EXAMPLES}/cloudformation/fleet.yaml`);
const TEMPLATE = readTemplate(TEXT);
const SUMS = { Sha256X86: "a".repeat(64), Sha256Arm: "b".repeat(64) };
const VALUES: Readonly<Record<string, string>> = {
  Bucket: "my-deploys",
  "Bucket.Arn": "arn:aws:s3:::my-deploys",
  "AWS::Region": "eu-central-1",
  PackageName: "my_site",
  FtlVersion: "1.2.3",
  ...SUMS,
};

/** A value with `VALUES` in its `Fn::Sub`. */
function resolved(value: Value): Value {
  const [name, argument] = functionOf(value) ?? [];
  if (name === "Fn::Sub") {
    return String(argument).replace(/\$\{([^}]+)\}/g, (_, key) => VALUES[key] ?? `<${key}>`);
  }
  if (Array.isArray(value)) return value.map(resolved);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one)]));
}

function properties(id: string): Fields {
  return TEMPLATE.Resources[id]?.Properties ?? {};
}

Deno.test("AWS knows each type of resource in examples/cloudformation, and each property", () => {
  assert(Object.keys(TEMPLATE.Resources).length > 10);
  assertEquals(checkResources(TEMPLATE), []);
});

Deno.test("a resource that AWS does not know is found, and so is a wrong property", () => {
  const broken = TEXT.replace("AWS::S3::BucketPolicy", "AWS::S3::BucketPolicies")
    .replace("HttpTokens: required", "HttpToken: required").replace("Status: Enabled", "State: 1");
  assertEquals(checkResources(readTemplate(broken)), [
    "Bucket.VersioningConfiguration: Status is missing",
    "Bucket.VersioningConfiguration.State: is unknown",
    "BucketPolicy: there is no AWS::S3::BucketPolicies",
    "LaunchTemplate.LaunchTemplateData.MetadataOptions.HttpToken: is unknown",
  ]);
});

Deno.test("all that examples/cloudformation names is there", () => {
  const { Parameters, Resources, Conditions, Outputs } = TEMPLATE;
  const there = new Set([...Object.keys(Parameters), ...Object.keys(Resources)]);
  const named = namesIn([Conditions, Resources, Outputs] as unknown as Value);
  const missing = named.filter((name) => !name.startsWith("AWS::") && !there.has(name));
  assertEquals(missing, []);
  const unused = Object.keys(Parameters).filter((name) => !named.includes(name));
  assertEquals(unused, []);
});

Deno.test("the policies of examples/cloudformation are those of ftl setup iam", () => {
  const roles: Partial<Record<IamRole, string>> = {
    machine: "MachinePolicy",
    spool: "SpoolPolicy",
    bless: "BlessPolicy",
    purge: "PurgePolicy",
    fleet: "FleetPolicy",
  };
  for (const [role, id] of Object.entries(roles)) {
    const printed = iamPolicy(
      role as IamRole,
      { bucket: "my-deploys", region: "eu-central-1" },
      [],
    );
    const document = resolved(properties(id)["PolicyDocument"] ?? null);
    assertEquals([role, document as unknown as IamPolicy], [role, printed]);
  }
});

Deno.test("only who CI says it is gets a role of examples/cloudformation, and only the right one", () => {
  for (
    const [id, policy, subject] of [
      ["SpoolRole", "SpoolPolicy", "CiSpoolSubject"],
      ["BlessRole", "BlessPolicy", "CiBlessSubject"],
    ] as const
  ) {
    assertEquals(properties(id)["ManagedPolicyArns"], [{ Ref: policy }]);
    const { Statement } = properties(id)["AssumeRolePolicyDocument"] as { Statement: Value[] };
    const [, choice] = functionOf(Statement[0] ?? null) ?? [];
    const [, ...statements] = choice as [string, Fields, Fields];
    const hosts = ["token.actions.githubusercontent.com", "gitlab.com"];
    assertEquals(
      [Statement.length, statements.map(({ Condition }) => Condition ?? null)],
      [
        1,
        hosts.map((host) => ({
          StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: { Ref: subject } },
        })),
      ],
    );
  }
});

Deno.test("the rules of examples/cloudformation are those of ftl setup lifecycle, and nothing else expires", () => {
  const { Rules } = properties("Bucket")["LifecycleConfiguration"] as { Rules: Fields[] };
  const printed = LIFECYCLE.Rules.map(({ ID, Filter, Expiration, ...rest }) => ({
    Id: ID,
    Prefix: Filter.Prefix,
    ...(Expiration === undefined ? {} : { ExpirationInDays: Expiration.Days }),
    ...rest,
  }));
  assertEquals(Rules.slice(0, printed.length), printed as unknown as Fields[]);
  const [others, allowed] = [Rules.slice(printed.length), ["Id", "Status", "Prefix"]];
  for (const rule of others) {
    const does = Object.keys(rule).filter((name) => !allowed.includes(name));
    assertEquals(does, ["NoncurrentVersionExpiration"], `${rule["Id"]}`);
  }
});

Deno.test("the user data of examples/cloudformation is that of ftl setup cloud-init", () => {
  const { UserData } = properties("LaunchTemplate")["LaunchTemplateData"] as { UserData: Fields };
  const values = {
    bucket: "my-deploys",
    root: "/srv/ftl",
    region: "eu-central-1",
    endpoint: undefined,
    report: 3600,
    trust: [],
    placeholders: [],
  };
  const sums =
    `${SUMS.Sha256X86}  ftl-1.2.3-linux-x86_64\n${SUMS.Sha256Arm}  ftl-1.2.3-linux-arm64\n`;
  const printed = cloudInit(values, {
    packages: [aPackage("my_site")],
    from: "s3://my-deploys/bin",
    sums,
    version: "1.2.3",
  });
  assertEquals(resolved(UserData["Fn::Base64"] ?? null), printed);
});
