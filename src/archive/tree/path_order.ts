/** The order of paths by the bytes of their UTF-8 form. */

/** Of UTF-16 units, only from here on the order differs from that of the bytes. */
const HIGH = /[\ud800-\uffff]/;

/** Negative if `a` comes first, 0 if they are equal. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    if (difference !== 0) return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** Sorts paths in place. */
export function sortPaths(paths: string[]): string[] {
  return paths.some((path) => HIGH.test(path)) ? paths.sort(comparePaths) : paths.sort();
}

/** A unit of a surrogate pair stands for a character beyond all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
