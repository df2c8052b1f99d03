/**
 * Applies the rules of unpacking without a disk, so `spool` refuses before the upload what machines
 * refuse.
 */
import { readContents, type Unpacked } from "./contents.ts";
import type { Entry } from "./entry.ts";
import type { Tree } from "./rules.ts";

/** Sees the entries during a check, to find more than whether the archive can be unpacked. */
export interface EntryWatcher {
  /** The rules admitted an entry. `path` is its safe path, empty for the revision's own folder. */
  begin(entry: Entry, path: string): void;
  /** A piece of the entry's content. The bytes are valid only during the call. */
  data?(piece: Uint8Array): void;
  /** All entries have been read. Throws `IntegrityError` if the file must not be spooled. */
  end?(tree: Tree): void;
}

interface CheckOptions {
  package: string;
  /** The rest of the file's name after the package and its dot. It decides the format. */
  rest: string;
  /** The source's size in bytes, if it is known before. */
  size?: number | undefined;
  signal?: AbortSignal | undefined;
  watchers?: readonly EntryWatcher[] | undefined;
  /** Called with oddities of an archive that are no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
}

/** Reads all of `source` and returns what unpacking would create. Throws as `unpack` does. */
export async function checkArchive(
  source: AsyncIterable<Uint8Array>,
  { watchers = [], ...options }: CheckOptions,
): Promise<Unpacked> {
  let checked: Tree | undefined;
  const unpacked = await readContents(source, {
    ...options,
    handler: (tree) => {
      checked = tree;
      return {
        begin: (entry) => {
          const { path } = tree.admit(entry);
          for (const watcher of watchers) watcher.begin(entry, path);
        },
        data: (piece) => {
          for (const watcher of watchers) watcher.data?.(piece);
        },
        finish: () => {},
      };
    },
  });
  if (checked !== undefined) { for (const watcher of watchers) watcher.end?.(checked); }
  return unpacked;
}
