/**
 * Faults on demand: what goes wrong on the way to S3 and back, for chosen requests.
 *
 * A rule matches by method, operation, bucket, key and target. It fires on its `nth` match only, or on the
 * first `count` matches, or always. If several rules fire for one request, all of them are applied.
 */

/** What goes wrong. */
export type Fault =
  /** The answer begins this much later. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** 500 InternalError. */
  | { readonly kind: "internal-error" }
  /** 503 SlowDown. */
  | { readonly kind: "slow-down" }
  /** 403 AccessDenied. */
  | { readonly kind: "access-denied" }
  /** 501 NotImplemented to a conditional write, as of stores that do not know them. */
  | { readonly kind: "no-conditional-writes" }
  /** The connection is reset before anything is answered. */
  | { readonly kind: "reset" }
  /** The connection is reset after so many body bytes: of the request if it has a body, else of the response. */
  | { readonly kind: "reset-after"; readonly bytes: number }
  /** The response ends, with a clean close, after so many body bytes, though more were announced. */
  | { readonly kind: "cut-short"; readonly bytes: number }
  /** Nothing moves any more after so many body bytes (as for reset-after), until the client gives up. */
  | { readonly kind: "stall"; readonly bytes: number }
  /** The lowest bit of this body byte (as for reset-after; 0 is the first) arrives flipped. */
  | { readonly kind: "flip-bit"; readonly byte: number }
  /** A listing shows the bucket as it was before its last so many changes. */
  | { readonly kind: "stale-list"; readonly writes: number };

export interface FaultRule {
  readonly method?: string;
  /** As AWS names it, e.g. `UploadPart`. */
  readonly operation?: string;
  readonly bucket?: string;
  /** The whole key, or a pattern. */
  readonly key?: string | RegExp;
  /** Of the path and query as they were sent, as `prefix=a`. */
  readonly target?: RegExp;
  /** Fires on this match only; 1 is the first. */
  readonly nth?: number;
  /** Fires on the first so many matches. */
  readonly count?: number;
  readonly fault: Fault;
}

/** What rules look at. */
export interface FaultSubject {
  readonly method: string;
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly target: string;
}

interface ArmedRule {
  readonly rule: FaultRule;
  matches: number;
}

export class FaultRules {
  readonly #armed: ArmedRule[];
  #cleared = Promise.withResolvers<void>();

  constructor(rules: readonly FaultRule[] = []) {
    this.#armed = rules.map((rule) => ({ rule, matches: 0 }));
  }

  add(rule: FaultRule): void {
    this.#armed.push({ rule, matches: 0 });
  }

  /** Drops all rules and ends every delay and stall that is going on. */
  clear(): void {
    this.#armed.length = 0;
    this.#cleared.resolve();
    this.#cleared = Promise.withResolvers<void>();
  }

  /** Resolves at the next clear(). */
  get cleared(): Promise<void> {
    return this.#cleared.promise;
  }

  /** The rules with how often each has matched. */
  list(): { rule: FaultRule; matches: number }[] {
    return this.#armed.map((armed) => ({ ...armed }));
  }

  /** Counts the request in every rule that it matches; gives the faults of those that fire. */
  take(subject: FaultSubject): Fault[] {
    const fired: Fault[] = [];
    for (const armed of this.#armed) {
      if (!matches(armed.rule, subject)) continue;
      armed.matches++;
      const { nth, count, fault } = armed.rule;
      if (nth !== undefined && armed.matches !== nth) continue;
      if (count !== undefined && armed.matches > count) continue;
      fired.push(fault);
    }
    return fired;
  }
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  if (rule.method !== undefined && rule.method !== subject.method) return false;
  if (rule.operation !== undefined && rule.operation !== subject.operation) return false;
  if (rule.bucket !== undefined && rule.bucket !== subject.bucket) return false;
  if (rule.target !== undefined && !fits(rule.target, subject.target)) return false;
  if (rule.key === undefined) return true;
  if (subject.key === undefined) return false;
  return typeof rule.key === "string" ? rule.key === subject.key : fits(rule.key, subject.key);
}

/** A pattern with the g flag would remember where it stopped. */
function fits({ source, flags }: RegExp, text: string): boolean {
  return new RegExp(source, flags.replace(/[gy]/g, "")).test(text);
}

/** What a body filter decides about a block. */
export interface BlockVerdict {
  /** So many bytes of the block go through. */
  readonly pass: number;
  /** What happens after them. */
  readonly then: "go-on" | "reset" | "close" | "stall";
}

/** Applies the faults that concern a body to its blocks, in order. One for each direction. */
export class BodyFault {
  readonly #faults: readonly Fault[];
  #position = 0;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** Flips bits in place; says how much of the block passes. */
  judge(block: Uint8Array): BlockVerdict {
    const start = this.#position;
    let verdict: BlockVerdict = { pass: block.length, then: "go-on" };
    for (const fault of this.#faults) {
      if (fault.kind === "flip-bit" && fault.byte >= start && fault.byte < start + block.length) {
        const at = fault.byte - start;
        block[at] = (block[at] ?? 0) ^ 1;
      }
      const then = fault.kind === "reset-after"
        ? "reset"
        : fault.kind === "cut-short"
        ? "close"
        : fault.kind === "stall"
        ? "stall"
        : undefined;
      if (then === undefined || !("bytes" in fault)) continue;
      const pass = Math.max(0, fault.bytes - start);
      if (pass < verdict.pass || (pass === block.length && verdict.then === "go-on")) {
        verdict = { pass, then };
      }
    }
    this.#position += verdict.pass;
    return verdict;
  }
}
