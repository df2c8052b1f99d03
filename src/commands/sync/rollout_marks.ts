/** What a machine writes for the others in a staged rollout: that it is in its jump, and how the candidate did. */
import { FtlError, IntegrityError, ScriptError, StorageError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import { putMark, type RolloutPlace } from "../../catalog/marks.ts";
import { madeChange } from "../../machine/disk/durable.ts";
import {
  outcomeHere,
  readRolloutState,
  type RolloutState,
  writeRolloutState,
} from "../../machine/rollout_state.ts";
import { isInByPointer, type Staged } from "../../plan/effective.ts";
import { isHaltBelieved, SILENCE } from "../../plan/marks.ts";
import type { Mark, Outcome } from "../../revision/marks.ts";
import { pointerStateName } from "../../revision/pointer.ts";
import type { PackageView } from "./package_view.ts";
import type { PackageWork } from "./package_work.ts";

/** Milliseconds. What S3 denies is tried, and told, no more often. */
const DENIAL = 3_600_000;

export class RolloutMarks {
  readonly #work: PackageWork;

  constructor(work: PackageWork) {
    this.#work = work;
  }

  place({ rollout: { id } }: Staged): RolloutPlace {
    return { package: this.#work.pkg.name, id };
  }

  async machine(): Promise<string> {
    return (await this.#work.setting.identity()).machine;
  }

  /** Whether there is something to remember or to send: see `settle`. */
  isDue(view: PackageView): boolean {
    return this.#due(view) !== undefined;
  }

  /** Sends what is still to be sent, and remembers a halt. Call it under the package's lock, when no jump is open. */
  async settle(view: PackageView): Promise<void> {
    const { context, pkg } = this.#work;
    const due = this.#due(view);
    const { staged, pointer } = view;
    if (due === undefined) return;
    if (due === "forget" || staged === undefined || pointer === undefined) {
      return this.remember(undefined);
    }
    if (due !== "halt") return await this.end(staged, due);
    const { id } = staged.rollout;
    const halt = { at: context.now(), pointer: pointerStateName(pointer) };
    this.remember({ ...readRolloutState(pkg, id), id, halt });
  }

  /**
   * The first line that fits counts.
   *
   *     forget           no rollout is under way, but one is remembered
   *     the outcome      it is known, but was not sent
   *     the outcome      a jump has begun, and by what is on the disk it has ended: a kill came in between
   *     failed           the candidate cannot be fetched or prepared, or its jump cannot begin
   *     halt             the marks said so, and that is not remembered
   */
  #due(view: PackageView): Outcome | "halt" | "forget" | undefined {
    const { context, pkg, tally } = this.#work;
    const { staged, pointer } = view;
    // What a copy has is the other machine's. It is dropped first.
    if (view.own.isCopy) return undefined;
    const state = view.own.hasRolloutState ? readRolloutState(pkg) : undefined;
    if (staged === undefined || pointer === undefined) return state && "forget";
    const { next, rollout } = staged;
    const { since, outcome, isSent, halt, deniedAt } = state?.id === rollout.id ? state : {};
    const now = context.now();
    if (outcome !== undefined && !isSent && !isDenied(deniedAt, now)) return outcome;
    if (since !== undefined && outcome === undefined && !view.own.hasUnfinishedJump) {
      const found = outcomeHere(pkg, staged);
      if (found !== undefined) return found;
    }
    const failure = tally.failureOf(next.id);
    const isItsOwn = failure instanceof IntegrityError || failure instanceof ScriptError;
    const isIn = view.effective !== undefined && isInByPointer(view.effective);
    if (isItsOwn && outcome !== "failed" && isIn) return "failed";
    const isNews = !isHaltBelieved(halt, { pointer: pointerStateName(pointer), now });
    return view.marks?.halted === true && isNews ? "halt" : undefined;
  }

  /** Tells how the candidate did. Until S3 has it, the next syncs send it again. */
  async end(staged: Staged, outcome: Outcome): Promise<void> {
    const { pkg } = this.#work;
    const { id } = staged.rollout;
    const known = readRolloutState(pkg, id);
    // A turn that S3 has not confirmed may be another machine's.
    const turn = known?.isTaken ? known.turn : undefined;
    const state: RolloutState = { ...known, id, outcome, isSent: false };
    this.remember(state);
    faultPoint("outcome-remembered");
    const mark = { kind: outcome, machine: await this.machine(), turn };
    if (await this.tell(staged, mark)) this.remember({ ...state, isSent: true });
  }

  /**
   * Writes a mark. Returns whether S3 has it. If not, that is only a warning: what runs here is more important than
   * what the others know of it.
   */
  async tell(staged: Staged, mark: Mark): Promise<boolean> {
    const { context, pkg, setting } = this.#work;
    const { id } = staged.rollout;
    if (isDenied(readRolloutState(pkg, id)?.deniedAt, context.now())) return false;
    try {
      const machine = await this.machine();
      await putMark(setting.bucket, this.place(staged), { mark, machine });
      return true;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof FtlError)) throw error;
      const hint = error.hint === undefined ? "" : `; ${error.hint}`;
      context.report({ type: "warning", message: `${pkg.name}: ${error.message}${hint}` });
      if (error instanceof StorageError && error.reason === "denied") {
        const deniedAt = new Date(context.now()).toISOString();
        this.remember({ ...readRolloutState(pkg, id), id, deniedAt });
      }
      return false;
    }
  }

  /** On a full disk it may stay as it was. Then the next sync tells the same once more. */
  remember(state: RolloutState | undefined): void {
    madeChange(() => writeRolloutState(this.#work.pkg, state));
  }

  /** A slow script is not a silent machine: writes its mark again and again. Returns what ends that. */
  keepFresh(staged: Staged, mark: Mark): () => Promise<void> {
    let writing = Promise.resolve(true);
    const timer = setInterval(() => {
      writing = this.tell(staged, mark).catch(() => false);
    }, SILENCE / 3);
    return async () => {
      clearInterval(timer);
      await writing;
    };
  }
}

/** Whether S3 denied a mark a short while ago. */
function isDenied(deniedAt: string | undefined, now: number): boolean {
  const age = now - Date.parse(deniedAt ?? "");
  return age >= 0 && age < DENIAL;
}
