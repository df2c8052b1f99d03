/**
 * The AWS SDK's client for S3. Its version stands here, as everywhere in `src`, and not in an import map:
 * whoever imports `mod.ts` has a map of his own. `deno task layers` compares it with `deno.json`.
 */
export * from "npm:@aws-sdk/client-s3@3.1169.0";
