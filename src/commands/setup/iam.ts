/**
 * IAM policies: the least that each kind of caller needs, from the requests that FTL sends
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Each policy is
 * complete by itself. None denies anything, so one role can have several.
 */
import type { PackageName } from "../../revision/names.ts";
import { DELTA_PREFIX, HISTORY_PREFIX, MARKS_PREFIX, REPORTS_PREFIX } from "../../revision/keys.ts";
import type { SetupValues } from "./values.ts";

/** A kind of caller. */
export type IamRole = "machine" | "machine-read-only" | "spool" | "bless" | "purge" | "fleet";
export const IAM_ROLES: readonly IamRole[] = [
  "machine",
  "machine-read-only",
  "spool",
  "bless",
  "purge",
  "fleet",
];

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
  readonly Condition?: { readonly StringLike: { readonly "s3:prefix": readonly string[] } };
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

/** Not `*`: that would match `.ftl/fleet/i-0abc` too, whose dot comes first. */
const ANY_PACKAGE = ["?*"];

/**
 * With `packages` the policy is for these only; without, for the whole bucket. The function is long because it has what
 * each role may do in one place.
 */
export function iamPolicy(
  role: IamRole,
  { bucket, region }: Pick<SetupValues, "bucket" | "region">,
  packages: readonly PackageName[],
): IamPolicy {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const names = packages.length === 0 ? ANY_PACKAGE : packages;
  const keys = (...patterns: string[]): string[] =>
    names.flatMap((name) => patterns.map((pattern) => `${arn}/${name}.${pattern}`));
  const revisions = keys(ID, `${ID}.*`);
  const pointers = keys("rev");
  // The Go original's pointers are read if there is no `.rev`.
  const allPointers = keys("rev", "current", "previous");
  const own = (...folders: string[]): string[] =>
    folders.flatMap((folder) => names.map((name) => `${arn}/${folder}${name}/*`));
  const [marks, history] = [own(MARKS_PREFIX), own(HISTORY_PREFIX)];
  const deltas = own(DELTA_PREFIX);
  const reports = `${arn}/${REPORTS_PREFIX}*`;
  const allow = (Sid: string, Action: string[], Resource: string[]): IamStatement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const read = allow("Read", ["s3:GetObject"], [...keys("*"), ...marks, ...deltas]);
  const statements: Record<IamRole, IamStatement[]> = {
    machine: [read, allow("Report", ["s3:PutObject"], [reports, ...marks])],
    "machine-read-only": [read],
    spool: [
      // To find uploads that a killed spool left. A condition on the prefix does not apply to this action.
      allow("FindUploads", ["s3:ListBucketMultipartUploads"], [arn]),
      allow("AddRevisions", ["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], revisions),
      // The blessed revision is one that machines have.
      allow("ReadPointers", ["s3:GetObject"], pointers),
      allow("AddDeltas", ["s3:PutObject", "s3:GetObject"], deltas),
    ],
    bless: [
      // A revision is asked for its SHA-256, which the pointer names.
      allow("ReadPointers", ["s3:GetObject"], [...allPointers, ...revisions]),
      // An entry is read before a killed writer's place is taken.
      allow("ReadFleet", ["s3:GetObject"], [reports, ...marks, ...history]),
      allow("Bless", ["s3:PutObject"], [...pointers, ...history]),
    ],
    purge: [
      allow("ReadPointers", ["s3:GetObject"], allPointers),
      allow("RemoveRevisions", ["s3:DeleteObject"], [
        ...revisions,
        ...keys(...GO_IDS.flatMap((id) => [id, `${id}.*`])),
      ]),
      allow("RemoveReports", ["s3:DeleteObject"], [reports]),
      allow("RemoveDeltas", ["s3:DeleteObject"], deltas),
    ],
    fleet: [allow("ReadFleet", ["s3:GetObject"], [...allPointers, reports, ...marks, ...history])],
  };
  const list: IamStatement = {
    ...allow("List", ["s3:ListBucket"], [arn]),
    ...(packages.length === 0 ? {} : {
      Condition: { StringLike: { "s3:prefix": prefixesOf(role, packages) } },
    }),
  };
  return { Version: "2012-10-17", Statement: [list, ...statements[role]] };
}

/** What a role lists of some packages. Names have no character that is a pattern. */
function prefixesOf(role: IamRole, packages: readonly PackageName[]): string[] {
  const revisions = packages.map((name) => `${name}.`);
  const below = (folder: string): string[] => packages.map((name) => `${folder}${name}/*`);
  const [marks, history] = [below(MARKS_PREFIX), below(HISTORY_PREFIX)];
  const deltas = below(DELTA_PREFIX);
  const prefixes: Record<IamRole, string[]> = {
    machine: [...revisions, ...marks],
    "machine-read-only": [...revisions, ...marks],
    spool: revisions,
    bless: [...revisions, REPORTS_PREFIX, ...marks, ...history],
    purge: [...revisions, REPORTS_PREFIX, ...deltas],
    fleet: [...revisions, REPORTS_PREFIX, ...marks, ...history],
  };
  return prefixes[role];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
