/** The rules of unpacking without a disk: what a machine would refuse, `spool` refuses before the upload. */
import { readContents, type Unpacked } from "./contents.ts";
import type { Entry } from "./entry.ts";
import type { Tree } from "./rules.ts";

/** Looks at what is checked, to tell more of it than whether it can be unpacked. */
export interface EntryWatcher {
  /** An entry that was admitted; `path` is its safe path, empty for the revision's own folder. */
  begin(entry: Entry, path: string): void;
  /** A piece of its content. The bytes are only valid during the call. */
  data?(piece: Uint8Array): void;
  /** All has been read. It throws `IntegrityError` where the file must not be spooled. */
  end?(tree: Tree): void;
}

export interface CheckOptions {
  package: string;
  /** What follows the package and its dot in the file's name: it tells the format. */
  rest: string;
  /** Bytes of the source, where that is known before. */
  size?: number | undefined;
  signal?: AbortSignal | undefined;
  watchers?: readonly EntryWatcher[] | undefined;
  /** Called with what is odd about an archive, but no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
}

/** Reads all of `source` and says what unpacking it would bring. Throws as `unpack` does. */
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
