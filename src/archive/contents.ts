/**
 * Reads a spooled file of any format, from its bytes to the calls of a handler: what `unpack.ts` and
 * `check.ts` have in common, which is everything but the writing.
 */
import { setImmediate } from "node:timers";
import { IntegrityError } from "../errors.ts";
import { insistOn } from "./content_type.ts";
import { decompress } from "./decompress/decompress.ts";
import type { EntryHandler } from "./entry.ts";
import { compressionOf, formatOf, isArchive, storedName } from "./format.ts";
import { type Limits, Tree } from "./rules.ts";
import { readTar } from "./tar/reader.ts";

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
  /** Where another than the usual thread is to be used. */
  decompress?: typeof decompress | undefined;
}

/** What a revision holds. */
export interface Unpacked {
  /** Entries of the archive: files, folders and links. */
  entries: number;
  /** Bytes of all files. */
  bytes: number;
}

/** Bytes between two calls of `onProgress`. */
const PROGRESS_STEP = 4 << 20;
/** Entries that count as much: a million empty files have no byte. */
const ENTRIES_STEP = 4096;
/** Milliseconds of work after which all else has its turn. */
const TURN = 50;

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
  const { decompress: open = decompress, size } = options;
  const compression = compressionOf(format);
  const content = withTurns(
    open(insistOn(format, { source, name }), { compression, name, size, signal }),
    signal,
  );
  let told = 0;
  let toldEntries = 0;
  const afterChunk = (): void => {
    const isDue = tree.bytes - told >= PROGRESS_STEP || tree.entries - toldEntries >= ENTRIES_STEP;
    if (onProgress === undefined || !isDue) return;
    told = tree.bytes;
    toldEntries = tree.entries;
    onProgress({ entries: tree.entries, bytes: tree.bytes });
  };
  if (isArchive(format)) {
    const isComplete = compression !== "none";
    await readTar(content, { name, handler, afterChunk, isComplete, onNote: options.onNote });
  } else {
    const stored = storedName(options.package, rest);
    await readFile(content, { name: stored, tree, handler, afterChunk });
  }
  return { entries: tree.entries, bytes: tree.bytes };
}

/**
 * The same pieces. Few compressed bytes may hold very many small files, and nothing in their writing waits for
 * anything: meanwhile requests would time out whose answers are there, and signals not be heard.
 */
async function* withTurns(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let turned = performance.now();
  for await (const piece of content) {
    yield piece;
    if (performance.now() - turned < TURN) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    turned = performance.now();
  }
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
