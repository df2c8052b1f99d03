/**
 * Does a history with FTL and with the model, and compares the two after each step. The file is long because it knows
 * each deed, and what a kill leaves of it.
 */
import type { FaultPoint } from "../../../src/fault_point.ts";
import type { Lab } from "../lab.ts";
import { compareBucket, dueMachine, requireSame } from "./compare.ts";
import { type Deed, GROUPS, type Kill, type Letter, LETTERS, type Step } from "./history.ts";
import type { KillSwitch } from "./kill_switch.ts";
import { Bucket } from "./model/bucket.ts";
import { Machine } from "./model/facts.ts";
import { jump, jumpBack, purge } from "./model/jump.ts";
import { sync } from "./model/sync.ts";
import type { StoppedClock } from "./stopped_clock.ts";
import { argsOf, shown } from "./words.ts";
import { KEEP, PACKAGE, World } from "./world.ts";

/** What a history is played on. */
export interface Stage {
  readonly lab: Lab;
  readonly killer: KillSwitch;
  readonly clock: StoppedClock;
  readonly counts: Counts;
}

export interface Counts {
  steps: number;
  killed: number;
  processes: number;
  compared: number;
}

/** Milliseconds after which an entry of a killed writer is somebody else's to replace. */
const STALE = 31_000;

/** Of deeds on a machine. */
type OnMachine = Extract<Deed, { on: Letter }>;

export class Play {
  readonly #world: World;
  readonly #model: Bucket;
  readonly #machines: ReadonlyMap<Letter, Machine>;
  /** Names of all that was spooled, the newest last. */
  readonly #spooled: string[] = [];

  /** @param name of a bucket and a folder of its own */
  constructor(readonly stage: Stage, name: string) {
    this.#world = new World(stage.lab, name);
    this.#machines = new Map(LETTERS.map((letter) => {
      const name = this.#world.machineName(letter);
      return [letter, new Machine(name, letter, GROUPS[letter])];
    }));
    this.#model = new Bucket(PACKAGE, [...this.#machines.values()]);
  }

  end(): void {
    this.#world.end();
  }

  /** Throws an Error that says what differs after which step. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      try {
        await this.#step(step);
        if ("on" in step.deed) this.#compareMachine(step.deed.on);
        this.stage.counts.steps++;
      } catch (error) {
        const told = steps.slice(0, index + 1).map((step, n) => `${n + 1}. ${shown(step)}`).join(
          "\n",
        );
        throw new Error(`${(error as Error).message}\n${told}`, { cause: error });
      }
    }
    for (const letter of LETTERS) this.#compareMachine(letter);
    this.#compareOutcomes();
  }

  async #step({ deed, kill }: Step): Promise<void> {
    const { clock } = this.stage;
    clock.forward(deed.do === "wait" ? deed.seconds : 2);
    this.#model.now = clock.now;
    const name = this.#named(deed);
    if (name === undefined) return;
    if (deed.do === "pause" || deed.do === "mend" || deed.do === "wait") kill = undefined;
    const code = await this.#run(deed, name, kill);
    if (code === undefined) return await this.#mend(deed, name);
    const serial = this.#serialAfter(deed);
    const due = this.#judge(deed, name, serial);
    requireSame("the exit code", code, due);
    this.#compareBucket(deed);
  }

  /** The revision that the deed is about. Undefined: there is none yet. */
  #named(deed: Deed): string | undefined {
    if (!("age" in deed)) return "";
    return this.#spooled.at(-1 - Math.min(deed.age, this.#spooled.length - 1));
  }

  /** Returns the exit code; undefined if it was killed. */
  async #run(deed: Deed, name: string, kill?: Kill): Promise<number | undefined> {
    const { counts, killer } = this.stage;
    // The time of a process goes on, and so does a rollout that grows.
    const isGrowing = this.#model.pointer?.rollout?.over !== undefined;
    const code = kill !== undefined && "at" in kill && !isGrowing
      ? await this.#runProcess(deed, name, kill.at)
      : await killer.run(
        kill !== undefined && "nth" in kill ? kill.nth : 0,
        (signal) => this.#world.do(deed, name, signal),
      );
    if (code === undefined) counts.killed++;
    return code;
  }

  async #runProcess(deed: Deed, name: string, at: FaultPoint): Promise<number | undefined> {
    const { lab, clock, counts } = this.stage;
    const letter = "on" in deed ? deed.on : "a";
    const env = { ...this.#world.env(letter), PROVE_AHEAD: String(clock.ahead) };
    const archive = deed.do === "spool" ? this.#world.archive(deed) : "";
    const child = lab.launch(argsOf(deed, name, archive), { env, killAt: at });
    const { code, signal } = await child.output();
    counts.processes++;
    return signal === null ? code : undefined;
  }

  /** What the model says of it: the exit code. */
  #judge(deed: Deed, name: string, serial: number): number {
    const model = this.#model;
    const id = name.slice(PACKAGE.length + 1);
    switch (deed.do) {
      case "spool":
        return this.#judgeSpool(deed);
      case "bless":
        return model.bless(id, { serial, again: deed.again });
      case "stage":
        return model.stage(id, { ...deed, serial });
      case "back":
        return model.back(serial);
      case "purge-master":
        return model.purge(id);
      case "wait":
        return 0;
      default:
        return this.#judgeOnMachine(deed, id);
    }
  }

  #judgeOnMachine(deed: OnMachine, id: string): number {
    const model = this.#model;
    const m = this.#machine(deed.on);
    switch (deed.do) {
      case "sync":
        return sync(model, m, { follow: deed.follow, keep: KEEP });
      case "jump":
        return jump(model, m, id, deed);
      case "jump-back":
        return jumpBack(model, m);
      case "purge":
        return purge(m, id);
      case "pause":
        m.isPaused = !m.isPaused;
        return 0;
      case "mend":
        m.isMended = !m.isMended;
        return 0;
    }
  }

  /** Its name only S3 tells. */
  #judgeSpool({ script, failsOn }: Extract<Deed, { do: "spool" }>): number {
    const added = this.#world.revisions().filter((id) => !this.#model.revisions.has(id));
    const [id] = added;
    const newest = this.#spooled.at(-1)?.slice(PACKAGE.length + 1) ?? "";
    if (id === undefined || added.length !== 1 || id <= newest) throw new Error(`new are ${added}`);
    this.#model.spool(id, { script, failsOn });
    this.#spooled.push(`${PACKAGE}.${id}`);
    return 0;
  }

  #machine(letter: Letter): Machine {
    const machine = this.#machines.get(letter);
    if (machine === undefined) throw new Error(`no machine ${letter}`);
    return machine;
  }

  /** The next command after a kill brings it to where the killed one would have come, or to where it was. */
  async #mend(deed: Deed, name: string): Promise<void> {
    if (deed.do === "sync") return await this.#syncTwice(deed.on, deed.follow);
    if (deed.do === "purge") {
      await this.#run(deed, name);
      this.#judgeOnMachine(deed, name.slice(PACKAGE.length + 1));
      return;
    }
    if (deed.do === "jump" || deed.do === "jump-back") return await this.#mendJump(deed, name);
    this.stage.clock.forward(STALE / 1000);
    this.#model.now = this.stage.clock.now;
    const isDone = deed.do === "spool"
      ? this.#world.revisions().some((id) => !this.#model.revisions.has(id))
      : this.#serialAfter(deed) !== (this.#model.pointer?.serial ?? 0);
    const code = isDone ? 0 : await this.#run(deed, name);
    this.#model.now = this.stage.clock.now - (isDone ? STALE : 0);
    requireSame("the exit code", code, this.#judge(deed, name, this.#serialAfter(deed)));
    this.#model.now = this.stage.clock.now;
    this.#compareBucket(deed);
  }

  async #mendJump(
    deed: Extract<OnMachine, { do: "jump" | "jump-back" }>,
    name: string,
  ): Promise<void> {
    const m = this.#machine(deed.on);
    const seen = this.#world.see(deed.on);
    const target = deed.do === "jump" ? name.slice(PACKAGE.length + 1) : m.previous;
    if (seen.active === target) this.#judgeOnMachine(deed, target ?? "");
    else if (seen.active !== m.active) throw new Error(`${seen.active} is active after a kill`);
    // Between the two links the old way back is gone, unless a journal has it.
    else if (seen.previous === m.active && !this.#leavesJournal(target)) m.previous = m.active;
    await this.#syncTwice(deed.on, false);
  }

  /** Of a jump whose revision has a script that may be due after a kill. */
  #leavesJournal(id = ""): boolean {
    const script = this.#model.traits.get(id)?.script;
    return script === "post-jump" || script === "health";
  }

  /** The first one mends; what it finds may be news for the second one. */
  async #syncTwice(on: Letter, follow: boolean): Promise<void> {
    for (const _ of [1, 2]) {
      await this.#run({ do: "sync", on, follow }, "");
      sync(this.#model, this.#machine(on), { follow, keep: KEEP });
    }
  }

  #serialAfter(deed: Deed): number {
    if (!["bless", "stage", "back"].includes(deed.do)) return 0;
    return Number(this.#world.pointer()?.metadata["ftl-serial"] ?? 0);
  }

  #compareMachine(letter: Letter): void {
    const due = dueMachine(this.#machine(letter));
    requireSame(`machine ${letter}`, this.#world.see(letter), due);
    this.stage.counts.compared++;
  }

  #compareBucket(deed: Deed): void {
    if ("on" in deed || deed.do === "wait") return;
    compareBucket(this.#world, this.#model);
  }

  #compareOutcomes(): void {
    for (const [rollout, due] of this.#model.failed) {
      requireSame("who has failed", this.#world.failedIn(rollout), [...due].sort());
    }
  }
}
