/**
 * Where the requests for a bucket go. Only plain cases are decided here; the rest is the SDK's.
 *
 * | bucket                                  | endpoint | region        | requests go to                             |
 * | --------------------------------------- | -------- | ------------- | ------------------------------------------ |
 * | an ARN, an alias, S3 Express, old names | any      | any           | only the SDK knows                         |
 * | any                                     | any      | a pseudo one  | only the SDK knows                         |
 * | any other                               | set      | any           | the endpoint, and the bucket in the path   |
 * | with a dot                              | not set  | any           | only the SDK knows                         |
 * | any other                               | not set  | of AWS, China | the bucket's host name in that region      |
 * | any other                               | not set  | any other     | only the SDK knows                         |
 */

export interface Place {
  /** `http:` or `https:`. */
  readonly protocol: string;
  readonly hostname: string;
  /** Undefined if it is the protocol's own. */
  readonly port: number | undefined;
  /** The path before the key, with a slash at its end. */
  readonly path: string;
}

interface Target {
  readonly bucket: string;
  readonly region: string;
  /** The URL of a store that is not AWS. */
  readonly endpoint: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** What such names end in that stand for something else than a bucket, or for another kind of bucket. */
const OTHER_KINDS = /--[a-z0-9]+-s3$|-s3alias$|\.mrap$/;
/** Regions that stand for another one, such as `aws-global` and `fips-us-east-1`. */
const PSEUDO_REGION = /^aws-|(^|-)fips(-|$)/;

/**
 * The host names of AWS's partitions, by their regions:
 * https://github.com/aws/aws-sdk-js-v3/blob/main/packages/core/src/submodules/client/util-endpoints/lib/aws/partitions.json
 */
const SUFFIXES: readonly (readonly [region: RegExp, suffix: string])[] = [
  [/^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/, "amazonaws.com"],
  [/^us-gov-[a-z]+-\d+$/, "amazonaws.com"],
  [/^cn-[a-z]+-\d+$/, "amazonaws.com.cn"],
];

/** Undefined if only the SDK knows. */
export function placeOf({ bucket, region, endpoint }: Target): Place | undefined {
  if (!NAME.test(bucket) || bucket.includes("..") || OTHER_KINDS.test(bucket)) return undefined;
  if (PSEUDO_REGION.test(region)) return undefined;
  if (endpoint !== undefined) return placeAt(endpoint, bucket);
  const [, suffix] = SUFFIXES.find(([pattern]) => pattern.test(region)) ?? [];
  if (suffix === undefined || bucket.includes(".")) return undefined;
  const hostname = `${bucket}.s3.${region}.${suffix}`;
  return { protocol: "https:", hostname, port: undefined, path: "/" };
}

function placeAt(endpoint: string, bucket: string): Place | undefined {
  const url = URL.parse(endpoint);
  if (url === null) return undefined;
  const { protocol, hostname, port, pathname } = url;
  // As the SDK does, by which the writes go: only one slash is the end of the path.
  const path = `${pathname.replace(/\/$/, "")}/${bucket}/`;
  return { protocol, hostname, port: port === "" ? undefined : Number(port), path };
}
