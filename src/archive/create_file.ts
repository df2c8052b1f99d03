/** A small file in one go. */

/** What a file is given besides its content. */
export interface FileFacts {
  /** Permission bits, which no umask changes. */
  readonly mode: number;
  /** Seconds since 1970, as `storable` makes them; undefined for now. */
  readonly mtime: number | undefined;
}

/**
 * Writes a new file. Throws what the runtime throws, also where there is something already, be it a link
 * that leads nowhere. It is part of another thread's program by its source text: it may use nothing but its
 * parameters and globals.
 */
export function createFile(place: string, content: Uint8Array, { mode, mtime }: FileFacts): void {
  Deno.writeFileSync(place, content, { createNew: true, mode });
  if (mtime !== undefined) Deno.utimeSync(place, mtime, mtime);
}

/** Deno keeps milliseconds, and cannot set a fraction of a second before 1970. */
export function storable(mtime: number): number {
  return mtime < 0 ? Math.floor(mtime) : mtime;
}
