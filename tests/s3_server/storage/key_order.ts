/**
 * The order of keys: that of their UTF-8 bytes, which is that of their code points.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 *
 * JavaScript compares UTF-16 code units, where a surrogate pair (U+10000 and up) comes before
 * U+E000 to U+FFFF. Moving the surrogates behind those makes the two orders one.
 */

/** Negative, 0 or positive, as for Array.sort. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
