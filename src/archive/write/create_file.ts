/** Writes a small file with one call. */

/** The attributes of a file. */
export interface FileAttributes {
  /** Permission bits. The umask does not change them. */
  readonly mode: number;
  /** Unix milliseconds of `storedMtime`. Undefined means now. */
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
  const time = new Date(mtime);
  Deno.utimeSync(place, time, time);
}
