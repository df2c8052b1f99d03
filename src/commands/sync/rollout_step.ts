/**
 * What a sync does for a staged rollout besides the jump itself: it asks how the others do, takes a turn if there are
 * turns, and tells how this machine does.
 *
 *     step      in S3                     .ftl/rollout.json      after a kill, the next sync
 *     ask       lists the marks                                  asks again
 *     choose                              since, turn            asks whose turn it is
 *     take      turn/ or try/             since, turn, taken     goes on with this turn: takes no second one
 *     jump      turn/ or try/ anew        the same               finishes the jump, as ever
 *     end                                 outcome                sends it
 *     send      ok/ or failed/            outcome, sent          does nothing
 *
 * If a kill came between the jump and its end, the outcome is read from the disk.
 */
import { pause } from "../../concurrency/pause.ts";
import { faultPoint } from "../../fault_point.ts";
import { fetchMarks, fetchTurnHolder, putMark, takeTurn } from "../../catalog/marks.ts";
import { readLink } from "../../machine/links.ts";
import { readRolloutState, writeRolloutState } from "../../machine/rollout_state.ts";
import type { Staged } from "../../plan/effective.ts";
import { freeTurn, knowledgeOf, type Marks, SILENCE } from "../../plan/marks.ts";
import { machineInMarks, type Mark, type Outcome } from "../../revision/marks.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PackageView } from "./package_view.ts";
import type { PackageWork } from "./package_work.ts";
import { RolloutMarks } from "./rollout_marks.ts";

/** Looks at the turns until one is taken, or the sync leaves it to the next one. */
const MOST_LOOKS = 5;
/** Milliseconds. Machines that lost a turn to another one look again at different times. */
const LONGEST_JITTER = 500;

/** A machine's jump to the candidate, which the others know of. */
export interface BegunJump extends AsyncDisposable {
  /** Tells the others how it ended. */
  end(outcome: Outcome): Promise<void>;
}

interface Listed {
  readonly marks: Marks;
  /** This machine's own turn, if it has one that is not finished. */
  readonly own: number | undefined;
}

export class RolloutStep {
  readonly #work: PackageWork;
  readonly marks: RolloutMarks;
  /** What the marks told when they were listed last. No turn is taken twice by the same listing. */
  #listed: Listed | undefined;

  constructor(work: PackageWork) {
    this.#work = work;
    this.marks = new RolloutMarks(work);
  }

  /** Lists the marks, if they alone decide whether the candidate is activated. If they cannot be listed, it is not. */
  async ask(view: PackageView): Promise<void> {
    const { tally } = this.#work;
    const { staged } = view;
    if (staged === undefined || tally.hasFailed(staged.next.id) || !view.asksMarks) return;
    await tally.attempt(async () => void await this.#list(view, staged), staged.next.id);
  }

  /** The same after a download, during which others may have failed. */
  async askAgain(view: PackageView, id: RevisionId): Promise<void> {
    if (view.marks === undefined || view.staged?.next.id !== id) return;
    view.learnMarks(undefined);
    await this.ask(view);
  }

  /**
   * Begins this machine's jump to the candidate. Call it under the package's lock. Undefined if the machine has to wait:
   * the view knows why. Throws if it cannot be known whether the machine has a turn.
   */
  async begin(view: PackageView, staged: Staged): Promise<BegunJump | undefined> {
    const { context, pkg } = this.#work;
    const { id, atOnce } = staged.rollout;
    const since = new Date(context.now()).toISOString();
    let mark: Mark = { kind: "try", machine: await this.marks.machine() };
    if (atOnce === undefined || readLink(pkg, "current") === undefined) {
      this.marks.remember({ id, since, deniedAt: readRolloutState(pkg, id)?.deniedAt });
      await this.marks.tell(staged, mark);
    } else {
      const turn = await this.#takeTurn(view, { staged, since });
      if (turn === undefined) return undefined;
      mark = { kind: "turn", turn };
    }
    faultPoint("mark-written");
    const stop = this.marks.keepFresh(staged, mark);
    return {
      end: async (outcome) => {
        await stop();
        await this.marks.end(staged, outcome);
      },
      [Symbol.asyncDispose]: stop,
    };
  }

  /**
   * Goes on with a jump that a kill cut short: tells the others, until that is disposed of. Undefined if there is none.
   * A turn of which the others may think already that its machine is silent is not begun anew: they have gone on.
   */
  async resume(view: PackageView): Promise<AsyncDisposable | undefined> {
    const { context, pkg } = this.#work;
    const { staged } = view;
    if (staged === undefined || view.own.isCopy || !view.own.hasUnfinishedJump) return undefined;
    const state = readRolloutState(pkg, staged.rollout.id);
    if (state?.since === undefined || state.outcome !== undefined) return undefined;
    const { since, turn, isTaken } = state;
    const isTurn = turn !== undefined && isTaken === true;
    if (isTurn && !(context.now() - Date.parse(since) < SILENCE)) return undefined;
    const machine = await this.marks.machine();
    const mark: Mark = isTurn ? { kind: "turn", turn } : { kind: "try", machine };
    await this.marks.tell(staged, mark);
    return { [Symbol.asyncDispose]: this.marks.keepFresh(staged, mark) };
  }

  async #list(view: PackageView, staged: Staged): Promise<Listed> {
    const { context, pkg, setting } = this.#work;
    const { rollout } = staged;
    const marks = await fetchMarks(setting.bucket, this.marks.place(staged), context.now);
    const runsNothing = readLink(pkg, "current") === undefined;
    // What a copy has is the other machine's turn.
    const hasTurn = !runsNothing && !view.own.isCopy;
    const own = hasTurn ? await this.#ownTurn(marks, staged) : undefined;
    view.learnMarks(knowledgeOf(marks, { rollout, own, runsNothing }));
    return this.#listed = { marks, own };
  }

  /** A kill may have come before S3 answered whether the turn is this machine's. */
  async #ownTurn(marks: Marks, staged: Staged): Promise<number | undefined> {
    const { pkg, setting } = this.#work;
    const { turn, isTaken, outcome } = readRolloutState(pkg, staged.rollout.id) ?? {};
    if (turn === undefined || outcome !== undefined) return undefined;
    if (!marks.unfinished.includes(turn)) return undefined;
    if (isTaken) return turn;
    const holder = await fetchTurnHolder(setting.bucket, this.marks.place(staged), turn);
    return holder === machineInMarks(await this.marks.machine()) ? turn : undefined;
  }

  /** The machine's own turn, or the next one. Undefined if it has to wait. */
  async #takeTurn(
    view: PackageView,
    { staged, since }: { staged: Staged; since: string },
  ): Promise<number | undefined> {
    const { context } = this.#work;
    for (let look = 1; look <= MOST_LOOKS; look++) {
      if (look > 1) await pause(Math.random() * LONGEST_JITTER, context.signal);
      const listed = this.#listed ?? await this.#list(view, staged);
      this.#listed = undefined;
      const { halted, turn: may } = view.marks ?? {};
      if (halted !== false || may !== "have") return undefined;
      const turn = await this.#tryTurn(listed, { staged, since });
      if (turn !== undefined) return turn;
    }
    view.learnMarks({ halted: false, turn: "waiting" });
    return undefined;
  }

  /** Undefined if another machine was faster. */
  async #tryTurn(
    { marks, own }: Listed,
    { staged, since }: { staged: Staged; since: string },
  ): Promise<number | undefined> {
    const { pkg, setting: { bucket } } = this.#work;
    const place = this.marks.place(staged);
    const machine = await this.marks.machine();
    const turn = own ?? freeTurn(marks, staged.rollout);
    if (turn === undefined) return undefined;
    await this.#leaveSilentTurn(marks, staged);
    const state = { id: staged.rollout.id, since, turn };
    writeRolloutState(pkg, { ...state, isTaken: own !== undefined });
    faultPoint("turn-chosen");
    if (own !== undefined) await putMark(bucket, place, { mark: { kind: "turn", turn }, machine });
    else if (!await takeTurn(bucket, place, { turn, machine })) {
      writeRolloutState(pkg, undefined);
      return undefined;
    }
    writeRolloutState(pkg, { ...state, isTaken: true });
    return turn;
  }

  /** An earlier turn of this machine counts as failed under its number. From now on it does under the machine's name. */
  async #leaveSilentTurn(marks: Marks, staged: Staged): Promise<void> {
    const known = readRolloutState(this.#work.pkg, staged.rollout.id);
    const turn = known?.isTaken && known.outcome === undefined ? known.turn : undefined;
    if (turn === undefined || !marks.silentTurns.includes(turn)) return;
    const machine = await this.marks.machine();
    await this.marks.tell(staged, { kind: "failed", machine, turn });
  }
}
