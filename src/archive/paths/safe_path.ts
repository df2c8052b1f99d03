/** Turns paths into their safe form, and splits them. */

/** The longest path and the longest name in it, in bytes: Linux's PATH_MAX and NAME_MAX. */
export const MAX_PATH = 4096;
const MAX_NAME = 255;

const encoder = new TextEncoder();

/**
 * The safe form of a path: `./a//b/` becomes `a/b`. If there is none, calls `refuse`, which throws,
 * with the reason.
 */
export function safePath(path: string, refuse: (why: string) => never): string {
  if (path.includes("\0")) refuse("its path has a NUL byte");
  if (path.startsWith("/")) refuse("its path is absolute");
  if (isSafe(path)) return path;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) refuse('its path has a ".."');
  if (isLonger(path, MAX_PATH)) refuse(`its path is longer than ${MAX_PATH} bytes`);
  if (parts.some((part) => isLonger(part, MAX_NAME))) {
    refuse(`a name in its path is longer than ${MAX_NAME} bytes`);
  }
  return parts.join("/");
}

/** The folder of a safe path. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The last name of a safe path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `text` has more than so many bytes in UTF-8. A UTF-16 unit takes at most three bytes. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}

/** Decides the usual case fast: the path is short, and no part is empty or starts with a dot. */
function isSafe(path: string): boolean {
  return path.length <= MAX_NAME / 3 && !/(^|\/)(\.|\/|$)/.test(path);
}
