/** Colors of text on a terminal. */

/** Adds escape sequences to a text. Without colors, returns the text unchanged. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  warning: (text) => text,
  bad: (text) => text,
};

/** Every command loads these few sequences: a library of all of them is parsed for longer than all else here. */
const COLORED: Paint = {
  bold: between(1, 22),
  dim: between(2, 22),
  good: between(32, 39),
  warning: between(33, 39),
  bad: between(31, 39),
};

/** What follows a painted part of the text is painted again. */
function between(on: number, off: number): (text: string) => string {
  const [begin, end] = [`\x1b[${on}m`, `\x1b[${off}m`];
  return (text) => `${begin}${text.replaceAll(end, begin)}${end}`;
}

export function paintFor({ color }: { color: boolean }): Paint {
  return color ? COLORED : PLAIN;
}
