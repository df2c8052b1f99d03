/** The names of machines and of their groups. They are also parts of keys in S3, and of words in the pointer. */

/** 1 to 128 of letters, digits and `_.:@-`. */
export function isMachineName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9_.:@-]{1,128}$/.test(value);
}
