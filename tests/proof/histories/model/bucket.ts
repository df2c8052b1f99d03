/**
 * What a person's command makes of the bucket, as docs/fleets.md and "Blessing" of docs/design.md say. Each method
 * returns the exit code. A serial is what S3's clock says at the change.
 */
import { createHash } from "node:crypto";
import {
  type Asked,
  type Machine,
  NOT_FOUND,
  OK,
  type Pointer,
  type Rollout,
  type Traits,
  USAGE,
} from "./facts.ts";

export class Bucket {
  now = 0;
  readonly traits = new Map<string, Traits>();
  readonly revisions = new Set<string>();
  pointer: Pointer | undefined;
  /** The machines that have failed, by the rollout's id. */
  readonly failed = new Map<number, Set<string>>();

  constructor(readonly pkg: string, readonly machines: readonly Machine[]) {}

  spool(id: string, traits: Traits): number {
    this.traits.set(id, traits);
    this.revisions.add(id);
    return OK;
  }

  bless(id: string, { serial, again }: { serial: number; again: boolean }): number {
    if (!this.revisions.has(id)) return NOT_FOUND;
    const old = this.pointer;
    const fresh = { blessed: id, since: serial, serial };
    const arrived = old && this.#hasArrived(old) ? old.rollout?.next : undefined;
    if (old === undefined) this.pointer = { ...fresh, replaced: undefined };
    else if (id === old.rollout?.next) {
      // A quarantine of it stays.
      const since = again ? serial : old.rollout.id;
      this.pointer = { ...fresh, since, replaced: old.blessed };
    } else if (id !== old.blessed) this.pointer = { ...fresh, replaced: arrived ?? old.blessed };
    else if (arrived !== undefined) this.pointer = { ...fresh, replaced: arrived };
    else if (again) this.pointer = { ...fresh, replaced: old.replaced, stopped: old.rollout?.next };
    else if (old.rollout !== undefined) this.#stop(old, serial);
    return OK;
  }

  back(serial: number): number {
    const old = this.pointer;
    if (old?.rollout !== undefined) return this.#stop(old, serial);
    if (old?.stopped !== undefined) return USAGE;
    if (old?.replaced === undefined) return NOT_FOUND;
    return this.bless(old.replaced, { serial, again: false });
  }

  #stop({ blessed, replaced, since, rollout }: Pointer, serial: number): number {
    this.pointer = { blessed, replaced, since, serial, stopped: rollout?.next };
    return OK;
  }

  stage(id: string, { serial, ...asked }: Asked & { serial: number }): number {
    if (!this.revisions.has(id)) return NOT_FOUND;
    let old = this.pointer;
    if (old === undefined) return USAGE;
    const known = old.rollout?.next === id ? old.rollout : undefined;
    if (known === undefined && old.rollout !== undefined && this.#hasArrived(old)) {
      // As if somebody had blessed it.
      const { next, id: since } = old.rollout;
      old = { blessed: next, replaced: old.blessed, since, serial };
    }
    if (old.blessed === id || (asked.pause && known === undefined)) return USAGE;
    // A pause chooses no machines.
    const living = this.machines.filter((m) => m.hasReported && !asked.pause);
    if (asked.machines !== undefined && living.length === 0) return USAGE;
    const { blessed, replaced, since } = old;
    const name = asked.again || known === undefined ? serial : known.id;
    const rest = {
      ...{ next: id, id: name, halt: asked.halt ?? known?.halt ?? haltFor(living.length) },
      groups: [...new Set([...known?.groups ?? [], ...asked.groups ?? []])],
    };
    const shares = this.#sharesOf(asked, { known, living, name });
    this.pointer = { blessed, replaced, since, serial, rollout: { ...rest, ...shares } };
    return OK;
  }

  /** Who may take it by rank. */
  #sharesOf(asked: Asked, { known, living, name }: {
    known: Rollout | undefined;
    living: readonly Machine[];
    name: number;
  }): Pick<Rollout, "cut" | "share" | "at" | "over" | "paused"> {
    const { groups, over, pause, machines } = asked;
    const isNews = (asked.percent ?? machines ?? groups ?? over) !== undefined;
    const paused = pause || (!isNews && known?.paused === true);
    const now = { at: Math.floor(this.now / 1000), over, paused };
    // Another order of machines: the same share of them.
    const same = asked.again && known && machines === undefined
      ? 100 * this.#grown(known, known.share)
      : undefined;
    const percent = asked.percent ?? same;
    if (percent !== undefined || machines !== undefined) {
      const ranks = living.map((m) => this.#rank(m, name)).sort((a, b) => a - b);
      return {
        ...now,
        ...(machines === undefined ? byPercent(percent ?? 0, ranks) : byCount(machines, ranks)),
      };
    }
    if (known === undefined) {
      const cut = over === undefined && groups === undefined ? 1 : 0;
      return { ...now, cut, share: cut };
    }
    if (pause || over !== undefined) {
      const [cut, share] = [this.#grown(known, known.cut), this.#grown(known, known.share)];
      return { ...now, cut, share };
    }
    const { cut, share, at } = known;
    return { cut, share, at, over: known.paused && !paused ? undefined : known.over, paused };
  }

  purge(id: string): number {
    if (!this.revisions.has(id)) return NOT_FOUND;
    const { blessed, replaced, rollout } = this.pointer ?? {};
    if ([blessed, replaced, rollout?.next].includes(id)) return USAGE;
    this.revisions.delete(id);
    return OK;
  }

  /** Whether the pointer lets the machine take the candidate. */
  letsIn(m: Machine, rollout: Rollout): boolean {
    if (rollout.paused) return false;
    if (m.group !== undefined && rollout.groups.includes(m.group)) return true;
    return this.#rank(m, rollout.id) < this.#grown(rollout, rollout.cut);
  }

  isHalted({ id, halt }: Rollout): boolean {
    return (this.failed.get(id)?.size ?? 0) >= halt;
  }

  /** A machine tells how the candidate did; its newest word counts. */
  tell(m: Machine, { rollout, isWell }: { rollout: number; isWell: boolean }): void {
    const failed = this.failed.get(rollout) ?? new Set();
    this.failed.set(rollout, failed);
    if (isWell) failed.delete(m.name);
    else failed.add(m.name);
  }

  #hasArrived({ rollout }: Pointer): boolean {
    if (rollout === undefined || rollout.paused || this.isHalted(rollout)) return false;
    return this.#grown(rollout, rollout.cut) >= 1;
  }

  #grown({ at, over, paused }: Rollout, from: number): number {
    if (over === undefined || paused) return from;
    return Math.min(1, from + (1 - from) * Math.max(0, this.now / 1000 - at) / over);
  }

  #rank({ name }: Machine, rollout: number): number {
    const text = `ftl-rollout 1\n${this.pkg}\n${rollout}\n${name}`;
    return parseInt(createHash("sha256").update(text).digest("hex").slice(0, 12), 16) / 2 ** 48;
  }
}

function haltFor(machines: number): number {
  return Math.max(1, Math.floor(machines / 50));
}

/** @param ranks sorted, as below */
function byPercent(percent: number, ranks: readonly number[]): Pick<Rollout, "cut" | "share"> {
  const share = percent / 100;
  if (share >= 1 || ranks.length === 0) return { cut: share, share };
  const count = Math.ceil(Number((share * ranks.length).toFixed(6)));
  return { ...byCount(percent > 0 ? Math.max(1, count) : 0, ranks), share };
}

function byCount(count: number, ranks: readonly number[]): Pick<Rollout, "cut" | "share"> {
  const last = ranks[Math.min(count, ranks.length) - 1];
  // Just above the last one, in nine decimals.
  const cut = last === undefined ? 0 : (Math.floor(last * 1e9) + 1) / 1e9;
  return { cut, share: Math.min(1, count / ranks.length) };
}
