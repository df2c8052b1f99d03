/** What a person's command makes of a machine, as docs/health.md and "Jump" of docs/design.md say: the exit codes. */
import type { Bucket } from "./bucket.ts";
import { type Hold, type Machine, NOT_FOUND, OK, SCRIPT, type Traits, USAGE } from "./facts.ts";

export function jump(bucket: Bucket, m: Machine, id: string, { stay = false } = {}): number {
  if (!m.here.has(id)) return NOT_FOUND;
  const { blessed, since, rollout, replaced: fallback } = m.known ?? {};
  const isInLine = blessed === id && rollout === undefined;
  const hold = isInLine ? undefined : { blessed, since, rollout: rollout?.id };
  return switchTo(bucket, m, id, { hold, stay, fallback });
}

export function jumpBack(bucket: Bucket, m: Machine): number {
  if (m.previous === undefined || m.previous === m.active) return NOT_FOUND;
  return jump(bucket, m, m.previous, { stay: true });
}

export function purge(m: Machine, id: string): number {
  if (!m.here.has(id)) return NOT_FOUND;
  if ([m.active, m.previous, m.known?.blessed].includes(id)) return USAGE;
  remove(m, id);
  return OK;
}

export function remove(m: Machine, id: string): void {
  m.here.delete(id);
  m.bad.delete(id);
}

export function fails(bucket: Bucket, m: Machine, id: string, script: Traits["script"]): boolean {
  const traits = bucket.traits.get(id);
  return traits?.script === script && traits?.failsOn.includes(m.letter) === true && !m.isMended;
}

/** @param way `blessing` names that of a sync, for a quarantine; a person's jump has none */
export function switchTo(bucket: Bucket, m: Machine, id: string, way: {
  hold: Hold | undefined;
  stay?: boolean;
  fallback: string | undefined;
  blessing?: number | undefined;
}): number {
  const { active: from, previous } = m;
  if (m.here.get(id) !== true) return SCRIPT;
  if (from === id) {
    m.hold = way.hold;
    return OK;
  }
  if (fails(bucket, m, id, "pre-jump")) return SCRIPT;
  if (!fails(bucket, m, id, "health")) {
    [m.active, m.previous, m.hold] = [id, from ?? previous, way.hold];
    m.bad.delete(id);
    return fails(bucket, m, id, "post-jump") ? SCRIPT : OK;
  }
  const back = way.stay ? undefined : [from, way.fallback]
    .find((old) => old !== undefined && old !== id && m.here.get(old) === true);
  if (back === undefined) [m.active, m.previous, m.hold] = [id, from ?? previous, way.hold];
  else {
    [m.active, m.previous] = [back, previous === id ? undefined : previous];
    if (way.blessing !== undefined) m.hold = undefined;
    if (way.blessing !== undefined) m.bad.set(id, way.blessing);
  }
  return SCRIPT;
}
