/**
 * The AWS SDK's client for S3. The version is written here, as everywhere in `src`, not in an
 * import map: a program that imports `mod.ts` has its own map. `deno task layers` compares the
 * version with `deno.json`.
 */
export * from "npm:@aws-sdk/client-s3@3.1169.0";
