/** From the bytes of a spooled file to the files of a revision. */
import { readContents, type Unpacked } from "./contents.ts";
import { decompress } from "./decompress/decompress.ts";
import { ArchiveThread } from "./thread/thread.ts";
import type { Places } from "./write/sites.ts";
import { TreeWriter } from "./write/tree_writer.ts";

export type { Unpacked } from "./contents.ts";

export interface UnpackOptions extends Places {
  package: string;
  /** What follows the package and its dot in the file's name: it tells the format. */
  rest: string;
  /** Bytes of the source, where that is known before. */
  size?: number | undefined;
  /** Refused as soon as it has more. */
  limits?: { bytes?: number | undefined; entries?: number | undefined } | undefined;
  /** Looked at between chunks; `source` has to end by itself when it waits for one. */
  signal?: AbortSignal | undefined;
  /** Called every few megabytes. */
  onProgress?: ((progress: { entries: number; bytes: number }) => void) | undefined;
}

/**
 * Unpacks `source` into `target`, as it streams and in constant memory. Flushing it to disk is the
 * caller's part, and so is removing both places after an error.
 *
 * Throws IntegrityError where the archive is broken or must not be unpacked, naming the entry;
 * StorageError where the disk fails; the signal's reason; and whatever `source` throws.
 */
export async function unpack(
  source: AsyncIterable<Uint8Array>,
  options: UnpackOptions,
): Promise<Unpacked> {
  // It decompresses, and writes small files while it is ahead.
  const thread = new ArchiveThread();
  let writer: TreeWriter | undefined;
  try {
    const unpacked = await readContents(source, {
      ...options,
      handler: (tree) => writer = new TreeWriter(tree, options, thread),
      decompress: (bytes, how) => decompress(bytes, how, thread),
    });
    writer?.complete();
    return unpacked;
  } finally {
    writer?.close();
  }
}
