/** Where requests go without the SDK: its truth table, and the SDK's own endpoints. */
import { S3Client } from "@aws-sdk/client-s3";
import { assertEquals } from "../../../assert.ts";
import { placeOf } from "../../../../src/bucket/s3/light/place.ts";

function urlOf(bucket: string, region: string, endpoint?: string): string | undefined {
  const place = placeOf({ bucket, region, endpoint });
  if (place === undefined) return undefined;
  const { protocol, hostname, port, path } = place;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
}

/** What the SDK makes of the same. */
function urlOfSdk(client: S3Client, bucket: string, region: string, endpoint?: string): string {
  const { url } = client.config.endpointProvider({
    Bucket: bucket,
    Region: region,
    ...(endpoint === undefined ? {} : { Endpoint: endpoint, ForcePathStyle: true }),
  });
  return url.href.replace(/\/*$/, "/");
}

const REGIONS = [
  ...["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-4", "sa-east-1", "ca-west-1"],
  ...["me-central-1", "af-south-1", "il-central-1", "mx-central-1", "us-gov-west-1"],
  ...["cn-north-1", "cn-northwest-1"],
];
const ENDPOINTS = [
  "http://127.0.0.1:9000",
  "https://s3.example.com",
  "https://s3.example.com:443/",
  "http://[::1]:9000",
  "https://example.com/stores/s3/",
  "https://example.com/stores//s3//",
  "https://example.com//",
];
const BUCKETS = ["deploys", "my-deploys-2", "abc", "a".repeat(63)];

Deno.test("placeOf() is where the SDK sends the requests to", () => {
  const client = new S3Client({ region: "us-east-1" });
  for (const bucket of BUCKETS) {
    for (const region of REGIONS) {
      assertEquals(urlOf(bucket, region), urlOfSdk(client, bucket, region));
    }
    for (const endpoint of ENDPOINTS) {
      for (const name of [bucket, "my.deploys"]) {
        assertEquals(
          urlOf(name, "garage", endpoint),
          urlOfSdk(client, name, "garage", endpoint),
        );
      }
    }
  }
  client.destroy();
});

const ENDPOINT = "http://127.0.0.1:9000";

const UNKNOWN: readonly (readonly [why: string, bucket: string, region: string])[] = [
  ["an access point", "arn:aws:s3:us-east-1:123456789012:accesspoint/web", "us-east-1"],
  ["an access point's alias", "web-abc123-s3alias", "us-east-1"],
  ["S3 on Outposts", "web-o01234--op-s3", "us-east-1"],
  ["an object lambda", "web-abc--ol-s3", "us-east-1"],
  ["S3 Express", "web--use1-az4--x-s3", "us-east-1"],
  ["a name of old times", "My_Deploys", "us-east-1"],
  ["dots in a row", "a..b", "us-east-1"],
  ["an address's path", "../deploys", "us-east-1"],
  ["a region for all regions", "deploys", "aws-global"],
  ["FIPS by the region's name", "deploys", "fips-us-east-1"],
  ["FIPS by the region's name, too", "deploys", "us-east-1-fips"],
];

Deno.test("placeOf() leaves to the SDK what is not a plain bucket in a plain region", () => {
  for (const [why, bucket, region] of UNKNOWN) {
    assertEquals([why, urlOf(bucket, region)], [why, undefined]);
    assertEquals([why, urlOf(bucket, region, ENDPOINT)], [why, undefined]);
  }
  // A certificate for `*.s3.us-east-1.amazonaws.com` does not cover another dot.
  assertEquals(urlOf("my.deploys", "us-east-1"), undefined);
  for (const region of ["us-iso-east-1", "eusc-de-east-1", "garage", ""]) {
    assertEquals(urlOf("deploys", region), undefined);
  }
});
