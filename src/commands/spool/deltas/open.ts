/** Opens what makes trees and patches. Nothing of it is loaded where none are wanted. */
import type { Bucket } from "../../../bucket/bucket.ts";
import type { RemotePackage } from "../../../catalog/remote_package.ts";
import type { Context } from "../../../context.ts";
import type { SpoolDeltas } from "./deltas.ts";

/** Undefined if `FTL_DELTA` is `off`, or if the caller wants none. */
export async function openDeltas(
  context: Context,
  bucket: Bucket,
  { isWanted, ...given }: {
    readonly isWanted: boolean;
    readonly remote: RemotePackage;
    readonly warn: (message: string) => void;
  },
): Promise<SpoolDeltas | undefined> {
  if (!isWanted || context.config.delta === "off") return undefined;
  const { SpoolDeltas } = await import("./deltas.ts");
  return await SpoolDeltas.begin(context, bucket, given);
}
