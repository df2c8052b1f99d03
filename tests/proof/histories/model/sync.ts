/** What a sync makes of a machine, as "Sync" of docs/design.md, docs/fleets.md and docs/health.md say. */
import type { Bucket } from "./bucket.ts";
import { type Machine, NOT_FOUND, OK, SCRIPT } from "./facts.ts";
import { fails, remove, switchTo } from "./jump.ts";

/** Milliseconds for which a machine believes that a rollout is halted. */
const BELIEVED = 600_000;

/** What a machine is to take as blessed. */
interface Due {
  readonly id: string | undefined;
  readonly replaced: string | undefined;
  /** Of the blessing. */
  readonly name: number | undefined;
  readonly isBad: boolean;
  /** Whether it may take the candidate, for all that the machine knows. */
  readonly isIn: boolean;
}

/** Returns the exit code. */
export function sync(
  bucket: Bucket,
  m: Machine,
  options: { follow: boolean; keep: number },
): number {
  return new Sync(bucket, m, options).run();
}

class Sync {
  /** What has failed is not tried twice. */
  readonly #failed = new Set<string>();
  #code: number = OK;
  /** The others do well. */
  #mayGo = false;

  constructor(
    readonly bucket: Bucket,
    readonly m: Machine,
    readonly options: { follow: boolean; keep: number },
  ) {}

  run(): number {
    const { m, bucket } = this;
    m.hasReported = true;
    m.known = bucket.pointer;
    if (this.options.follow || !this.#isHeld()) m.hold = undefined;
    while (this.#activate() || this.#complete());
    this.#removeOld();
    const { id, isBad } = this.#due();
    const isHeldFrom = m.hold !== undefined && id !== m.active;
    return isBad && !isHeldFrom ? SCRIPT : this.#code;
  }

  /** Under another blessing a hold is over, and one on the blessed revision with the rollout that it is against. */
  #isHeld(): boolean {
    const { m: { hold, active }, bucket: { pointer } } = this;
    if (hold?.blessed !== pointer?.blessed || hold?.since !== pointer?.since) return false;
    const rollout = pointer?.rollout?.id;
    return active !== pointer?.blessed || (rollout !== undefined && hold?.rollout === rollout);
  }

  #due(): Due {
    const { m, bucket } = this;
    const { blessed, replaced, since, rollout, serial } = bucket.pointer ?? {};
    const isBad = (id: string | undefined, name: number | undefined): boolean =>
      !this.options.follow && id !== undefined && m.bad.get(id) === name;
    const out = { id: blessed, replaced, name: since, isBad: isBad(blessed, since), isIn: false };
    if (rollout === undefined) return out;
    const { next, id: name } = rollout;
    if (!m.here.has(next) && !bucket.revisions.has(next)) return out;
    if (isBad(next, name)) return { ...out, isBad: true };
    const candidate = { id: next, replaced: blessed, name, isBad: false, isIn: true };
    if (m.active === next) return candidate;
    const knowsHalt = m.halt?.serial === serial && bucket.now - (m.halt?.at ?? 0) < BELIEVED;
    if (knowsHalt || !bucket.letsIn(m, rollout)) return out;
    // Where it cannot be activated, the blessed one is.
    return this.#mayGo && !this.#failed.has(next) ? candidate : { ...out, isIn: true };
  }

  /** Asks how the others do, once nothing else keeps the machine from the candidate. */
  #ask(): void {
    const { m, bucket } = this;
    const { rollout, serial = 0 } = bucket.pointer ?? {};
    if (rollout === undefined || this.#mayGo || m.hold !== undefined || m.isPaused) return;
    const { next } = rollout;
    if (this.#failed.has(next) || m.active === next || !this.#due().isIn) return;
    // What runs nothing yet runs only one of the two.
    if (m.active !== undefined && m.here.get(next) !== true) return;
    if (bucket.isHalted(rollout)) m.halt = { serial, at: bucket.now };
    else this.#mayGo = true;
  }

  /** Returns whether something was tried. */
  #activate(): boolean {
    this.#ask();
    const { m, bucket } = this;
    const { id, replaced, name, isBad } = this.#due();
    if (id === undefined || id === m.active || this.#failed.has(id)) return false;
    if (m.hold !== undefined || m.isPaused || (isBad && m.bad.get(id) === name)) return false;
    if (!m.here.has(id) && !bucket.revisions.has(id)) {
      if (this.#code === OK) this.#code = NOT_FOUND;
      return false;
    }
    if (!this.#prepare(id)) return true;
    const code = switchTo(bucket, m, id, { hold: undefined, fallback: replaced, blessing: name });
    const { rollout } = bucket.pointer ?? {};
    if (id === rollout?.next) bucket.tell(m, { rollout: rollout.id, isWell: code === OK });
    if (code !== OK) this.#fail(id);
    return true;
  }

  #fail(id: string): void {
    this.#failed.add(id);
    this.#code = SCRIPT;
  }

  /** Fetches it and runs its post-sync. Returns whether it is ready. */
  #prepare(id: string): boolean {
    const { m, bucket } = this;
    if (m.here.get(id) === true) return true;
    const { rollout } = bucket.pointer ?? {};
    const { isIn } = this.#due();
    const isReady = !fails(bucket, m, id, "post-sync");
    m.here.set(id, isReady);
    if (isReady) return true;
    if (id === rollout?.next && isIn) bucket.tell(m, { rollout: rollout.id, isWell: false });
    this.#fail(id);
    return false;
  }

  #wanted(): string[] {
    const { bucket: { revisions, pointer }, options: { keep } } = this;
    const { id, replaced } = this.#due();
    const newer = [...revisions].filter((one) => id === undefined || one > id).sort().reverse();
    return [id, replaced, pointer?.rollout?.next, ...newer.slice(0, keep)]
      .filter((id) => id !== undefined);
  }

  /** Fetches and prepares what else is wanted. Returns whether anything was tried. */
  #complete(): boolean {
    const { m, bucket: { revisions } } = this;
    const active = m.active === undefined ? [] : [m.active];
    const open = [...new Set([...this.#wanted(), ...active])]
      .filter((id) => !this.#failed.has(id) && m.here.get(id) !== true)
      .filter((id) => m.here.has(id) || revisions.has(id));
    for (const id of open) this.#prepare(id);
    return open.length > 0;
  }

  #removeOld(): void {
    const { m, bucket } = this;
    if (m.isPaused || bucket.revisions.size === 0) return;
    const staying = [...this.#wanted(), m.active, m.previous];
    for (const id of [...m.here.keys()]) if (!staying.includes(id)) remove(m, id);
  }
}
