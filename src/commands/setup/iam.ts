/**
 * The least that each kind of caller must be allowed, by what FTL sends
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Each policy is
 * whole in itself, none denies anything, so that one role can have several.
 */
import type { PackageName } from "../../revision/names.ts";
import type { SetupValues } from "./values.ts";

/** A kind of caller. */
export type IamRole = "machine" | "spool" | "bless" | "purge";
export const IAM_ROLES: readonly IamRole[] = ["machine", "spool", "bless", "purge"];

/** What a policy allows: see the AWS page "IAM JSON policy element reference". */
export interface IamStatement {
  /** Says what it is for. */
  readonly Sid: string;
  /** None of FTL's denies anything. */
  readonly Effect: "Allow";
  /** As in `s3:GetObject`. */
  readonly Action: readonly string[];
  /** ARNs. */
  readonly Resource: readonly string[];
  /** Narrows a listing to packages. */
  readonly Condition?: { readonly StringEquals: { readonly "s3:prefix": readonly string[] } };
}

/** A policy as IAM takes it. */
export interface IamPolicy {
  /** Of IAM's language. */
  readonly Version: "2012-10-17";
  /** All that is allowed. */
  readonly Statement: readonly IamStatement[];
}

/** What a kind of caller must be allowed. */
export interface RolePolicy {
  /** The kind. */
  readonly role: IamRole;
  /** The least that it needs. */
  readonly policy: IamPolicy;
}

/** A revision's id as FTL makes it: eleven digits. So the patterns fit no pointer, whatever the package. */
const ID = "?".repeat(11);
/** The same of the Go original. */
const GO_ID = "?".repeat(14);

/** `packages` narrows the policy to them; without, it is for all of the bucket. */
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
  // Those of the Go original, which are read where there is no `.rev`.
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
      // For uploads that a killed spool left: a condition on the prefix does not apply to this action.
      allow("FindUploads", ["s3:ListBucketMultipartUploads"], [arn]),
      allow("AddRevisions", ["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], revisions),
    ],
    bless: [
      allow("ReadPointers", ["s3:GetObject"], allPointers),
      allow("Bless", ["s3:PutObject"], pointers),
    ],
    purge: [
      allow("ReadPointers", ["s3:GetObject"], allPointers),
      allow("RemoveRevisions", ["s3:DeleteObject"], [
        ...revisions,
        ...keys(GO_ID, `${GO_ID}.*`),
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
