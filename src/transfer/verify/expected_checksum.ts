/** Which checksum a download must have. */
import type { Bucket, Checksum } from "../../bucket/bucket.ts";
import type { RevisionContent } from "../../revision/metadata.ts";

/** FTL's own checksum if the metadata has it, otherwise the one that the store keeps. */
export async function expectedChecksum(
  bucket: Bucket,
  key: string,
  { sha256 }: RevisionContent,
): Promise<Checksum | undefined> {
  if (sha256 !== undefined) return { algorithm: "sha256", hex: sha256 };
  return (await bucket.head(key))?.checksum;
}
