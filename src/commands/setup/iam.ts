/**
 * The least that each kind of caller must be allowed, by what FTL sends
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Each policy is
 * whole in itself, none denies anything, so that one role can have several.
 */
import type { PackageName } from "../../revision/names.ts";
import type { SetupValues } from "./values.ts";

export const IAM_ROLES = ["machine", "spool", "bless", "purge"] as const;
export type IamRole = typeof IAM_ROLES[number];

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: { readonly StringEquals: { readonly "s3:prefix": readonly string[] } };
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
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
): Policy {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const names = packages.length === 0 ? ["*"] : packages;
  const keys = (...patterns: string[]): string[] =>
    names.flatMap((name) => patterns.map((pattern) => `${arn}/${name}.${pattern}`));
  const revisions = keys(ID, `${ID}.*`);
  const pointers = keys("rev");
  // Those of the Go original, which are read where there is no `.rev`.
  const allPointers = keys("rev", "current", "previous");
  const list: Statement = {
    Sid: "List",
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [arn],
    ...(packages.length === 0
      ? {}
      : { Condition: { StringEquals: { "s3:prefix": packages.map((name) => `${name}.`) } } }),
  };
  const allow = (Sid: string, Action: string[], Resource: string[]): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const statements: Record<IamRole, Statement[]> = {
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
