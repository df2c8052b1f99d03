/**
 * Reads a spooled file of any format, from its bytes to the calls of a handler: what `unpack.ts` and
 * `check.ts` have in common, which is everything but the writing.
 */
import { IntegrityError } from "../core/errors.ts";
import { insistOn } from "./content_type.ts";
import { decompress } from "./decompress.ts";
import type { EntryHandler } from "./entry.ts";
import { compressionOf, formatOf, isArchive, storedName } from "./format.ts";
import { type Limits, Tree } from "./rules.ts";
import { readTar } from "./tar.ts";
import type { ArchiveThread } from "./thread.ts";

export interface ContentsOptions {
  package: string;
  /** What follows the package and its dot in the file's name. */
  rest: string;
  /** Bytes of the source, where that is known before: a large one is worth a thread from its first byte. */
  size?: number | undefined;
  limits?: Limits | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Unpacked) => void) | undefined;
  /** Called with what is odd about an archive, but no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
  /** Called with the thread that decompresses, where there is one. */
  onThread?: ((thread: ArchiveThread) => void) | undefined;
}

/** What a revision holds. */
export interface Unpacked {
  /** Entries of the archive: files, folders and links. */
  files: number;
  /** Bytes of all files. */
  bytes: number;
}

/** Bytes between two calls of `onProgress`. */
const PROGRESS_STEP = 4 << 20;

/** The handler is made for the tree of rules that it has to obey. */
export async function readContents(
  source: AsyncIterable<Uint8Array>,
  options: ContentsOptions & { handler: (tree: Tree) => EntryHandler },
): Promise<Unpacked> {
  const { rest, limits, signal, onProgress } = options;
  const name = rest === "" ? options.package : `${options.package}.${rest}`;
  const format = formatOf(rest);
  const tree = new Tree(name, limits);
  const handler = options.handler(tree);
  const content = decompress(insistOn(format, { source, name }), {
    compression: compressionOf(format),
    name,
    size: options.size,
    signal,
    onThread: options.onThread,
  });
  let told = 0;
  const afterChunk = (): void => {
    if (onProgress === undefined || tree.bytes - told < PROGRESS_STEP) return;
    told = tree.bytes;
    onProgress({ files: tree.entries, bytes: tree.bytes });
  };
  if (isArchive(format)) {
    const isComplete = compressionOf(format) !== "none";
    await readTar(content, { name, handler, afterChunk, isComplete, onNote: options.onNote });
  } else {
    const stored = storedName(options.package, rest);
    await readFile(content, { name: stored, tree, handler, afterChunk });
  }
  return { files: tree.entries, bytes: tree.bytes };
}

interface ReadFileOptions {
  name: string;
  tree: Tree;
  handler: EntryHandler;
  afterChunk: () => void;
}

/** The one file of a revision that is no archive. */
async function readFile(
  content: AsyncIterable<Uint8Array>,
  { name, tree, handler, afterChunk }: ReadFileOptions,
): Promise<void> {
  if (name.includes("/")) throw new IntegrityError(`Refused ${name}: it is no file name`);
  handler.begin({ name, kind: "file", mode: 0o644, mtime: undefined, size: undefined, target: "" });
  for await (const piece of content) {
    tree.grow(piece.length);
    handler.data(piece);
    afterChunk();
  }
  handler.finish();
}
