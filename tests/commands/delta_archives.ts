/** Files to spool, of which the next one differs in something. */
import type { Member } from "../archive/builders.ts";

/** Text that hardly compresses. The same numbers give the same text. */
export function noise(length: number, seed: number): string {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  let text = "";
  while (text.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    text += (state >>> 0).toString(36);
  }
  return text.slice(0, length);
}

/** The same files each time, but for `v`, which has this content. */
export function site(v: string): Member[] {
  const files = Array.from({ length: 8 }, (_, i) => {
    return { name: `lib/${i}.js`, content: noise(5000, i + 1) };
  });
  return [...files, { name: "v", content: v }];
}

const LARGE = noise(400_000, 99);

/** A file of which a few bytes are others in each version. */
export function large(version: string): Member[] {
  const content = [0, 100_000, 200_000, 300_000]
    .map((at) => version + LARGE.slice(at, at + 100_000)).join("");
  return [{ name: "bin", content }];
}
