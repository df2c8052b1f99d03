/** How FTL names itself in its requests: in the server access logs of S3 and in CloudTrail. */
import manifest from "../../../deno.json" with { type: "json" };

/** Name and version. They are all that a request without the SDK says; the SDK puts them after its own. */
export const PRODUCT = ["ftl", manifest.version] as const;
