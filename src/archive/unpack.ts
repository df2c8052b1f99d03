/** Unpacks the bytes of a spooled file into the files of a revision. */
import { readContents, type Unpacked } from "./contents.ts";
import { decompress } from "./decompress/decompress.ts";
import { ArchiveThread } from "./thread/thread.ts";
import { TreeWriter } from "./write/tree_writer.ts";

export type { Unpacked } from "./contents.ts";

export interface UnpackOptions {
  /** An existing, empty folder that nobody else writes to: its absolute path. */
  target: string;
  package: string;
  /** The rest of the file's name after the package and its dot. It decides the format. */
  rest: string;
  /** The source's size in bytes, if it is known before. */
  size?: number | undefined;
  /** The archive is refused when it exceeds a limit. */
  limits?: { bytes?: number | undefined; entries?: number | undefined } | undefined;
  /** Checked between chunks. While unpacking waits for a chunk, `source` must end by itself. */
  signal?: AbortSignal | undefined;
  /** Called after every few megabytes or thousand entries. */
  onProgress?: ((progress: { entries: number; bytes: number }) => void) | undefined;
}

/**
 * Unpacks `source` into `target` as it streams, in constant memory. The caller flushes the files to
 * disk. After an error the caller removes the target.
 *
 * Throws IntegrityError, naming the entry, if the archive is broken or must not be unpacked;
 * StorageError if the disk fails; the signal's reason; and any error of `source`.
 */
export async function unpack(
  source: AsyncIterable<Uint8Array>,
  options: UnpackOptions,
): Promise<Unpacked> {
  // The thread decompresses. It also writes small files while it is ahead.
  const thread = new ArchiveThread({ isForWriter: true });
  let writer: TreeWriter | undefined;
  try {
    const unpacked = await readContents(source, {
      ...options,
      handler: (tree) => writer = new TreeWriter(tree, options.target, thread),
      decompress: (bytes, how) => decompress(bytes, how, thread),
    });
    writer?.complete();
    return unpacked;
  } finally {
    writer?.close();
  }
}
