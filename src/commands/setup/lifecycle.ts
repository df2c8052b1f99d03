/**
 * The lifecycle rules of a bucket: they remove what machines report and what nobody completes, and nothing that machines
 * run (https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html).
 */
import { MARKS_PREFIX, OWN_PREFIX, REPORTS_PREFIX } from "../../revision/keys.ts";

/** A rule in S3's form: the parts that FTL uses. */
export interface LifecycleRule {
  /** Names the purpose. */
  readonly ID: string;
  /** It is in force. */
  readonly Status: "Enabled";
  /** Which objects it is for. */
  readonly Filter: { readonly Prefix: string };
  /** When objects are removed, and then the delete markers that they leave in a bucket with versions. */
  readonly Expiration?: { readonly Days: number };
  /** When versions are removed that were replaced. */
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  /** When uploads in parts are dropped that nobody has completed. */
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
}

/** The input of `aws s3api put-bucket-lifecycle-configuration`. */
export interface LifecycleConfiguration {
  /** All rules of the bucket. */
  readonly Rules: readonly LifecycleRule[];
}

/** A machine that is alive writes its report anew, so that exactly those of dead ones expire. */
export const LIFECYCLE: LifecycleConfiguration = {
  Rules: [
    {
      ID: "ftl-reports",
      Status: "Enabled",
      Filter: { Prefix: REPORTS_PREFIX },
      Expiration: { Days: 7 },
    },
    {
      ID: "ftl-rollouts",
      Status: "Enabled",
      Filter: { Prefix: MARKS_PREFIX },
      Expiration: { Days: 30 },
    },
    {
      ID: "ftl-versions",
      Status: "Enabled",
      Filter: { Prefix: OWN_PREFIX },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    },
    {
      ID: "ftl-uploads",
      Status: "Enabled",
      Filter: { Prefix: "" },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ],
};

/** What people must know who use it. */
export const LIFECYCLE_WARNING =
  "These rules replace all others of the bucket. If you add some, let nothing expire outside of .ftl/: " +
  "machines could not fetch it any more";
