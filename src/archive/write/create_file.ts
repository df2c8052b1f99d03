/** A small file in one go. */

/** What a file is given besides its content. */
export interface FileAttributes {
  /** Permission bits, which no umask changes. */
  readonly mode: number;
  /** Seconds since 1970, of which the runtime keeps milliseconds; undefined for now. */
  readonly mtime: number | undefined;
}

/**
 * Writes a new file. Throws what the runtime throws, also where there is something already, be it a link
 * that leads nowhere. It is part of another thread's program by its source text: it may use nothing but its
 * parameters and globals.
 */
export function createFile(
  place: string,
  content: Uint8Array,
  { mode, mtime }: FileAttributes,
): void {
  Deno.writeFileSync(place, content, { createNew: true, mode });
  if (mtime === undefined) return;
  try {
    Deno.utimeSync(place, mtime, mtime);
  } catch (error) {
    // As in `mtime.ts`, which cannot be called from here.
    if (mtime >= 0 || Number.isInteger(mtime)) throw error;
    Deno.utimeSync(place, Math.floor(mtime), Math.floor(mtime));
  }
}
