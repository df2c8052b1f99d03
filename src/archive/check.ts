/** The rules of unpacking without a disk: what a machine would refuse, `spool` refuses before the upload. */
import { readContents, type Unpacked } from "./contents.ts";

export interface CheckOptions {
  package: string;
  /** What follows the package and its dot in the file's name: it tells the format. */
  rest: string;
  /** Bytes of the source, where that is known before. */
  size?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Reads all of `source` and says what unpacking it would bring. Throws as `unpack` does. */
export async function checkArchive(
  source: AsyncIterable<Uint8Array>,
  options: CheckOptions,
): Promise<Unpacked> {
  return await readContents(source, {
    ...options,
    handler: (tree) => ({
      begin: (entry) => void tree.admit(entry),
      data: () => {},
      finish: () => {},
    }),
  });
}
