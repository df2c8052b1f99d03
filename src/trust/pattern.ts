/**
 * Patterns of OpenSSH (ssh_config(5), PATTERNS): `*` fits any characters, `?` one. A list of them is separated
 * by commas. A pattern after `!` takes out what it fits.
 */

/** Takes time in proportion to both lengths at most, whatever the pattern. */
export function fitsPattern(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  // Where to go on if the last `*` must fit one character more.
  let retry: { at: number; inPattern: number } | undefined;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") retry = { at, inPattern: ++inPattern };
    else if (wanted === "?" || wanted === text[at]) {
      at++;
      inPattern++;
    } else if (retry !== undefined) {
      at = ++retry.at;
      inPattern = retry.inPattern;
    } else return false;
  }
  while (pattern[inPattern] === "*") inPattern++;
  return inPattern === pattern.length;
}

/** OpenSSH takes a list with a pattern of this length for one that nothing fits. */
const TOO_LONG = 1023;

/** Whether one pattern fits, and none after `!` does. */
export function fitsPatternList(text: string, list: string): boolean {
  const patterns = list.split(",");
  if (patterns.some((one) => one.replace(/^!/, "").length >= TOO_LONG)) return false;
  const isOut = patterns.some((one) => one.startsWith("!") && fitsPattern(text, one.slice(1)));
  return !isOut && patterns.some((one) => !one.startsWith("!") && fitsPattern(text, one));
}

/** Whether a text may exist that both fit. If both have wildcards, it is not looked into: then it may. */
export function mayOverlap(a: string, b: string): boolean {
  const hasWildcard = (pattern: string): boolean => /[*?]/.test(pattern);
  if (hasWildcard(a) && hasWildcard(b)) return true;
  return fitsPattern(a, b) || fitsPattern(b, a);
}
