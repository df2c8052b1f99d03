/** Fills a bucket before its server starts, if requests over HTTP would take too long. */
import { createHash } from "node:crypto";
import { newChecksum } from "../payload/checksums.ts";
import { Store } from "../storage/store.ts";

/** Makes an object of each key, with the same content. */
export async function seedBucket(
  folder: string,
  { bucket: name, keys, content = "x" }: {
    bucket: string;
    keys: Iterable<string>;
    content?: string;
  },
): Promise<void> {
  const store = new Store(folder, { durable: false });
  try {
    const bucket = store.create(name);
    const bytes = new TextEncoder().encode(content);
    const checksum = newChecksum("CRC64NVME");
    checksum.update(bytes);
    const common = {
      size: bytes.length,
      etag: createHash("md5").update(bytes).digest("hex"),
      modified: Math.floor(Date.now() / 1000) * 1000,
      headers: { "content-type": "binary/octet-stream" },
      metadata: {},
      storageClass: "STANDARD",
      checksum: {
        algorithm: "CRC64NVME",
        type: "FULL_OBJECT",
        value: await checksum.digest(),
      },
    } as const;
    for (const key of keys) {
      const file = bucket.newFile();
      file.write(bytes);
      await bucket.put(file, { key, ...common }, () => {});
    }
  } finally {
    store.close();
  }
}
