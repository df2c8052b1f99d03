/** Files to spool, of which the next one differs in something. */
import type { Member } from "../archive/builders.ts";
import { Random } from "../random.ts";

/** Text that hardly compresses. The same numbers give the same text. */
export function noise(length: number, seed: number): string {
  return new Random(seed).text(length);
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
