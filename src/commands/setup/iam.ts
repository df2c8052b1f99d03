/**
 * IAM policies: the least that each kind of caller needs, from the requests that FTL sends
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Each policy is
 * complete by itself. None denies anything, so one role can have several.
 */
import type { PackageName } from "../../revision/names.ts";
import type { SetupValues } from "./values.ts";

/** A kind of caller. */
export type IamRole = "machine" | "spool" | "bless" | "purge";
export const IAM_ROLES: readonly IamRole[] = ["machine", "spool", "bless", "purge"];

/** One statement of a policy: see the AWS page "IAM JSON policy element reference". */
export interface IamStatement {
  /** Names the purpose. */
  readonly Sid: string;
  /** FTL's statements never deny anything. */
  readonly Effect: "Allow";
  /** For example `s3:GetObject`. */
  readonly Action: readonly string[];
  /** ARNs. */
  readonly Resource: readonly string[];
  /** Limits a listing to packages. */
  readonly Condition?: { readonly StringEquals: { readonly "s3:prefix": readonly string[] } };
}

/** A policy in IAM's format. */
export interface IamPolicy {
  /** The version of IAM's policy language. */
  readonly Version: "2012-10-17";
  /** Everything that is allowed. */
  readonly Statement: readonly IamStatement[];
}

/** The policy of one kind of caller. */
export interface RolePolicy {
  /** The kind of caller. */
  readonly role: IamRole;
  /** The least that it needs. */
  readonly policy: IamPolicy;
}

/**
 * A revision's id in FTL's form: eleven characters. So the patterns match no pointer, whatever the package is
 * called.
 */
const ID = "?".repeat(11);
/**
 * Ids in the form of the Go original: fourteen characters, of which the first are a year. Without the year they
 * would match the end of `bin/ftl-0.1.0-linux-x86_64`, where a bucket may have the executable.
 */
const GO_IDS = ["201", "202"].map((decade) => decade.padEnd(14, "?"));

/** With `packages` the policy is for these only; without, for the whole bucket. */
export function iamPolicy(
  role: IamRole,
  { bucket, region }: Pick<SetupValues, "bucket" | "region">,
  packages: readonly PackageName[],
): IamPolicy {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const names = packages.length === 0 ? ["*"] : packages;
  const keys = (...patterns: string[]): string[] =>
    names.flatMap((name) => patterns.map((pattern) => `${arn}/${name}.${pattern}`));
  const revisions = keys(ID, `${ID}.*`);
  const pointers = keys("rev");
  // The Go original's pointers are read if there is no `.rev`.
  const allPointers = keys("rev", "current", "previous");
  const list: IamStatement = {
    Sid: "List",
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [arn],
    ...(packages.length === 0
      ? {}
      : { Condition: { StringEquals: { "s3:prefix": packages.map((name) => `${name}.`) } } }),
  };
  const allow = (Sid: string, Action: string[], Resource: string[]): IamStatement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const statements: Record<IamRole, IamStatement[]> = {
    machine: [allow("Read", ["s3:GetObject"], keys("*"))],
    spool: [
      // To find uploads that a killed spool left. A condition on the prefix does not apply to this action.
      allow("FindUploads", ["s3:ListBucketMultipartUploads"], [arn]),
      allow("AddRevisions", ["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], revisions),
    ],
    bless: [
      // A revision is asked for its SHA-256, which the pointer names.
      allow("ReadPointers", ["s3:GetObject"], [...allPointers, ...revisions]),
      allow("Bless", ["s3:PutObject"], pointers),
    ],
    purge: [
      allow("ReadPointers", ["s3:GetObject"], allPointers),
      allow("RemoveRevisions", ["s3:DeleteObject"], [
        ...revisions,
        ...keys(...GO_IDS.flatMap((id) => [id, `${id}.*`])),
      ]),
    ],
  };
  return { Version: "2012-10-17", Statement: [list, ...statements[role]] };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
