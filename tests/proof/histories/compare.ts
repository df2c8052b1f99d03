/** What FTL has made of the bucket and of a machine, and what the model says of them, in the same form. */
import type { Bucket } from "./model/bucket.ts";
import type { Machine } from "./model/facts.ts";
import { PACKAGE, type SeenMachine, type World } from "./world.ts";

/** Throws an Error that has both. */
export function requireSame(what: string, found: unknown, due: unknown): void {
  const [a, b] = [found, due].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: FTL ${a}, the model ${b}`);
}

export function dueMachine(m: Machine): SeenMachine {
  return {
    active: m.active,
    previous: m.previous,
    here: [...m.here.keys()].sort(),
    isHeld: m.hold !== undefined,
    bad: [...m.bad].map(([id, blessing]) => `${id} ${blessing}`).sort(),
  };
}

export function compareBucket(world: World, { pointer, revisions }: Bucket): void {
  requireSame("what S3 has", world.revisions(), [...revisions].sort());
  const found = world.pointer();
  const { rollout } = pointer ?? {};
  requireSame(
    "the pointer",
    found && pointerOf(found),
    pointer && {
      blessed: `${PACKAGE}.${pointer.blessed}`,
      replaced: pointer.replaced,
      since: String(pointer.since),
      stopped: pointer.stopped,
      next: rollout?.next,
      id: rollout && String(rollout.id),
      cut: rollout?.cut.toFixed(6),
      over: rollout?.over && String(rollout.over),
      group: rollout?.groups.join() || undefined,
      halt: rollout && String(rollout.halt),
      state: rollout?.paused ? "paused" : undefined,
    },
  );
}

function pointerOf(
  { text, metadata }: { text: string; metadata: Readonly<Record<string, string>> },
): Record<string, string | undefined> {
  const words = decodeURIComponent(metadata["ftl-rollout"] ?? "").split(" ");
  const word = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  return {
    blessed: text.trim(),
    replaced: metadata["ftl-replaced"],
    since: metadata["ftl-blessed"],
    stopped: metadata["ftl-stopped"],
    next: metadata["ftl-next"],
    id: word("id"),
    cut: word("cut") && Number(word("cut")).toFixed(6),
    over: word("over"),
    group: word("group"),
    halt: word("halt"),
    state: word("state"),
  };
}
