/** Paths of entries: how long they may be, when they are safe, and what their parts are. */

/** The longest path and the longest name in it, in bytes: Linux's PATH_MAX and NAME_MAX. */
export const MAX_PATH = 4096;
export const MAX_NAME = 255;

const encoder = new TextEncoder();

/** The folder that a safe path is in, and the name that it has there. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `text` has more than that many bytes in UTF-8, where a character has three at most. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}

/** The usual case, decided fast: short, and no part is empty or starts with a dot. */
export function isSafe(path: string): boolean {
  return path.length <= MAX_NAME / 3 && !/(^|\/)(\.|\/|$)/.test(path);
}
