/** Signs what lies in a bucket: the object stays, and gets one more signature. */
import { createHash } from "node:crypto";
import type { Bucket, UploadSource } from "../../src/bucket/bucket.ts";
import { parseKey } from "../../src/revision/keys.ts";
import type { Metadata } from "../../src/revision/metadata.ts";
import {
  blessingStatement,
  nextSignatureName,
  revisionStatement,
  type Statement,
} from "../../src/trust/statement.ts";
import type { Person } from "./people.ts";

/** A pointer or a revision as it is stored. */
export interface StoredObject {
  readonly metadata: Metadata;
  readonly bytes: Uint8Array;
}

/** What a signature of the object is of. */
export function statementOf(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { metadata, bytes }: StoredObject,
): Statement {
  const parsed = parseKey(key);
  if (parsed === undefined) throw new Error(`${key} is nothing that is signed`);
  if (parsed.kind === "revision") {
    return revisionStatement({ bucket, key, size: bytes.length, metadata });
  }
  const text = new TextDecoder().decode(bytes);
  return blessingStatement({ bucket, package: parsed.package, text, metadata });
}

/** Adds the person's signature, in any bucket. */
export async function signObject(bucket: Bucket, key: string, { sign }: Person): Promise<void> {
  const { metadata = {}, etag = "" } = await bucket.head(key) ?? {};
  const { body } = await bucket.read(key, { etag });
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  const signature = sign(statementOf({ bucket: bucket.name, key }, { metadata, bytes }));
  await bucket.upload(key, sourceOf(bytes), {
    metadata: { ...metadata, [nextSignatureName(metadata)]: signature },
    concurrency: 1,
  });
}

function sourceOf(bytes: Uint8Array<ArrayBuffer>): UploadSource {
  const sha256 = createHash("sha256").update(bytes).digest("base64");
  return {
    size: bytes.length,
    parts: [{ offset: 0, length: bytes.length, sha256 }],
    read: (offset, length) => bytes.slice(offset, offset + length),
  };
}
