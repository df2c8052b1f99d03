/**
 * Whatever the health of revisions is, and whatever people do in between: after a quarantine no sync activates the
 * same revision under the same blessing. Plans and quarantines are the real ones. A jump is only what it
 * leaves, so that a trace takes no time; `tests/commands/health_property_test.ts` has the real jumps.
 */
import fc from "fast-check";
import { assertEquals } from "../../assert.ts";
import {
  addQuarantine,
  endQuarantine,
  quarantinedUnder,
  readQuarantines,
} from "../../../src/machine/jump/quarantine.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";
import { type Hold, holdInForce } from "../../../src/plan/hold.ts";
import { planSync, type PostSync, type SyncPlan } from "../../../src/plan/sync.ts";
import type { RevisionId } from "../../../src/revision/names.ts";
import { anId, aPackage } from "../../names.ts";
import { TempFolder } from "../../temp.ts";

const IDS = ["VZ5vQk8aR4G", "VZ5vQk9aR4G", "VZ5vQkAaR4G"].map(anId);

interface Turn {
  readonly command: "bless" | "sync" | "follow" | "jump" | "remove" | "pause";
  readonly id: RevisionId;
  /** Whether the health of what this turn activates fails. */
  readonly bad: boolean;
}

const TURN: fc.Arbitrary<Turn> = fc.record({
  command: fc.constantFrom<Turn["command"][]>(
    ...["bless", "sync", "sync", "sync", "follow", "jump", "remove", "pause"] as const,
  ),
  id: fc.constantFrom(...IDS),
  bad: fc.boolean(),
});

/** One machine that knows at once what is blessed. */
class Trace {
  readonly #pkg: PackageDir;
  readonly #local = new Map<RevisionId, PostSync>();
  #pointer = { blessed: anId("VZ5vQk8aR4G"), replaced: undefined as RevisionId | undefined };
  #serial = 1;
  #active: RevisionId | undefined;
  #hold: Hold | undefined;
  #isPaused = false;
  /** Revisions that failed under a blessing, as this test saw it: `id serial`. */
  readonly #failed = new Set<string>();
  /** Plans that found a revision in quarantine. */
  refused = 0;

  constructor(root: string) {
    this.#pkg = new PackageDir(root, aPackage("a"));
    this.#pkg.prepare();
  }

  do({ command, id, bad }: Turn): void {
    if (command === "bless") this.#bless(id);
    if (command === "sync") this.#sync(bad);
    if (command === "follow") this.#sync(bad, { follow: true });
    if (command === "jump") this.#jump(id, bad);
    if (command === "remove" && id !== this.#active) this.#remove(id);
    if (command === "pause") this.#isPaused = !this.#isPaused;
  }

  /** The same one again is another blessing, too. */
  #bless(id: RevisionId): void {
    const { blessed, replaced } = this.#pointer;
    this.#pointer = { blessed: id, replaced: id === blessed ? replaced : blessed };
    this.#serial++;
  }

  #sync(bad: boolean, { follow = false } = {}): void {
    const plan = this.#plan(follow);
    for (const id of plan.fetch) this.#local.set(id, "ok");
    const { activate: id } = plan;
    if (plan.quarantined !== undefined) this.refused++;
    if (id === undefined) return;
    const mark = `${id} ${this.#serial}`;
    if (!follow) assertEquals(this.#failed.has(mark), false, `${mark} is activated once more`);
    this.#hold = undefined;
    const back = [this.#active, this.#pointer.replaced].find((one) =>
      one !== undefined && one !== id && this.#local.has(one)
    );
    if (bad && back !== undefined) {
      this.#failed.add(mark);
      const quarantine = { id, blessing: `${this.#serial}`, at: "", reason: "" };
      addQuarantine(this.#pkg, quarantine);
      this.#active = back;
    } else this.#confirm(id);
  }

  #plan(follow: boolean): SyncPlan {
    const blessing = `${this.#serial}`;
    const named = { ...this.#pointer, version: blessing, blessing };
    const hold = follow ? undefined : this.#hold;
    const quarantines = follow ? [] : readQuarantines(this.#pkg);
    return planSync({
      ...this.#pointer,
      remote: IDS,
      local: this.#local,
      active: this.#active,
      previous: undefined,
      hold: holdInForce({ ...named, hold, active: this.#active }) ? hold : undefined,
      quarantined: quarantinedUnder(quarantines, blessing),
      isPaused: this.#isPaused,
      keep: 3,
    });
  }

  /** A person's, which makes a hold, and no quarantine. */
  #jump(id: RevisionId, bad: boolean): void {
    if (!this.#local.has(id) || id === this.#active) return;
    if (bad && this.#active !== undefined) return;
    this.#confirm(id);
    const blessing = `${this.#serial}`;
    const { blessed } = this.#pointer;
    this.#hold = id === blessed ? undefined : { id, blessed, version: blessing, blessing };
  }

  #confirm(id: RevisionId): void {
    this.#active = id;
    this.#release(id);
  }

  #remove(id: RevisionId): void {
    this.#local.delete(id);
    this.#release(id);
  }

  #release(id: RevisionId): void {
    endQuarantine(this.#pkg, id);
    for (const mark of this.#failed) if (mark.startsWith(id)) this.#failed.delete(mark);
  }
}

Deno.test("after a quarantine no plan activates the same revision under the same blessing, in any trace", () => {
  using folder = new TempFolder();
  let [refused, roots] = [0, 0];
  fc.assert(
    fc.property(fc.array(TURN, { minLength: 5, maxLength: 40, size: "max" }), (turns) => {
      const root = `${roots++}`;
      folder.folder(`${root}/a`);
      const trace = new Trace(`${folder.path}/${root}`);
      for (const turn of turns) trace.do(turn);
      refused += trace.refused;
    }),
    { numRuns: 150 },
  );
  assertEquals(refused > 20, true, `the traces met a quarantine ${refused} times`);
});
