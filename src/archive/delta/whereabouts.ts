/** Guesses where in the old side the content is that a place of the fresh side was made of. */
import type { Side, Sides } from "./sides.ts";

/** Places that belong together. Both grow from one to the next. */
interface Anchor {
  readonly fresh: number;
  readonly old: number;
}

/**
 * Files with the same path belong together. Both sides are in the order of their paths, so between
 * two such files the content is most likely at the same relative place.
 */
export function whereabouts({ fresh, old }: Sides): (place: number) => number {
  const anchors = anchorsOf(fresh, old);
  return (place) => {
    let low = 0;
    for (let high = anchors.length - 1; high - low > 1;) {
      const middle = (low + high) >> 1;
      if ((anchors[middle]?.fresh ?? 0) <= place) low = middle;
      else high = middle;
    }
    const [a, b] = [anchors[low] as Anchor, anchors[low + 1] as Anchor];
    const part = b.fresh === a.fresh ? 0 : (place - a.fresh) / (b.fresh - a.fresh);
    return a.old + part * (b.old - a.old);
  };
}

function anchorsOf(fresh: Side, old: Side): Anchor[] {
  const olds = new Map(old.parts.map((part) => [part.path, part]));
  const anchors: Anchor[] = [{ fresh: 0, old: 0 }];
  for (const part of fresh.parts) {
    const same = olds.get(part.path);
    if (same === undefined) continue;
    anchors.push({ fresh: part.start, old: same.start });
    anchors.push({ fresh: part.start + part.size, old: same.start + same.size });
  }
  anchors.push({ fresh: fresh.size, old: old.size });
  return anchors;
}
