/** Writes a small file with one call. */

/** The attributes of a file. */
export interface FileAttributes {
  /** Permission bits. The umask does not change them. */
  readonly mode: number;
  /** Seconds since 1970. The runtime keeps milliseconds. Undefined means now. */
  readonly mtime: number | undefined;
}

/**
 * Writes a new file. Throws the runtime's error, also if something is at the path already, even a
 * broken link. This function is part of another thread's program by its source text. So it may use
 * only its parameters and globals.
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
    // The same as in `mtime.ts`, which cannot be called from here.
    if (mtime >= 0 || Number.isInteger(mtime)) throw error;
    Deno.utimeSync(place, Math.floor(mtime), Math.floor(mtime));
  }
}
