/** Tells V8 of memory that it does not see. */

/**
 * Makes V8 collect garbage, as if memory had grown. V8 sees only the small objects that own the
 * runtime's copies of bodies, not their megabytes, and lets requests that are over lie for long.
 * The memory allocated here is never touched.
 */
export function askForCollection(): void {
  new ArrayBuffer(64 * 1024 * 1024).transfer(0);
}
