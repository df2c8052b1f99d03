/** Judges the pointer of one package, for whoever reads it. */
import type { PointerState, PointerTrust } from "../revision/pointer.ts";
import {
  type BlessingCircumstances,
  judgeBlessing,
  type JudgedPointer,
  refusedBlessing,
} from "./judge_blessing.ts";
import type { TrustPolicy } from "./policy.ts";
import { isOvertaken } from "./replay.ts";

export class PointerJudge {
  readonly #policy: TrustPolicy;
  readonly #circumstances: () => BlessingCircumstances;
  readonly #onDoubt: (error: Error) => void;

  /** @param onDoubt called with what an enforced policy would throw */
  constructor(
    policy: TrustPolicy,
    { circumstances, onDoubt }: {
      readonly circumstances: () => BlessingCircumstances;
      readonly onDoubt: (error: Error) => void;
    },
  ) {
    this.#policy = policy;
    this.#circumstances = circumstances;
    this.#onDoubt = onDoubt;
  }

  get isEnforced(): boolean {
    return this.#policy.isEnforced;
  }

  /** Whether it was judged by the same policy, and this machine has obeyed nothing newer since. */
  hasJudged(pointer: Pick<PointerState, "serial" | "trust"> | undefined): boolean {
    if (pointer?.trust?.policy !== this.#policy.digest) return false;
    return !isOvertaken(pointer, this.#circumstances().known);
  }

  /** Throws `UntrustedError` if the pointer is not trusted, and the policy is enforced. */
  judge(pointer: JudgedPointer): PointerTrust {
    const judged = judgeBlessing(this.#policy, pointer, this.#circumstances());
    const { verdict, known } = judged;
    const by = judged.by.map(({ principals }) => principals);
    if (verdict !== "trusted") {
      const error = refusedBlessing(pointer, judged);
      if (this.isEnforced) throw error;
      this.#onDoubt(error);
    }
    return { verdict, policy: this.#policy.digest, by, statement: known?.statement };
  }
}
