/**
 * Machines during a staged rollout, on a bucket in memory. The words of the rollout are written by hand: what
 * machines make of them does not depend on who writes them.
 */
import { type PackageSync, planSyncs, spool, status, sync, type SyncOptions } from "../../mod.ts";
import type { PackageStatus, PlannedSync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { StorageError } from "../../src/errors.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readRolloutState, type RolloutState } from "../../src/machine/rollout_state.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import { marksPrefix } from "../../src/revision/keys.ts";
import { type Mark, markName } from "../../src/revision/marks.ts";
import { type RevisionId, type RevisionName, toRevision } from "../../src/revision/names.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const A = aPackage("a");
/** The id of the rollout, if a test names no other. */
export const ID = 1795615200123;
/** Two machines. The first one's rank is the lower. */
export const [IN, OUT] = ["i-1", "i-2"].sort((a, b) => rank(a) - rank(b)) as [string, string];

export function rank(machine: string): number {
  return rankOf(machine, { package: A, id: ID });
}

export const idOf = (name: RevisionName): RevisionId => toRevision(name).id;

/** Scripts by their step. */
export type Scripts = Readonly<Record<string, string>>;

export class RolloutFleet extends MemoryFleet {
  readonly #machines = new Map<string, Context>();
  #serial = ID;
  /** Requests for marks in their order: `list`, `put turn/000001`. */
  readonly asked: string[] = [];
  /** Requests for marks that are denied: `list`, `put`, `getSmall`. */
  readonly denied = new Set<string>();
  /** Called before each request for marks. */
  onAsked: (request: string) => void | Promise<void> = () => {};

  constructor() {
    super();
    this.bucket.now = () => this.now;
    const { bucket } = this;
    const [list, put, getSmall] = [bucket.list, bucket.put, bucket.getSmall]
      .map((method) => method.bind(bucket)) as [
        typeof bucket.list,
        typeof bucket.put,
        typeof bucket.getSmall,
      ];
    bucket.list = async (key, ...more) => (await this.#ask("list", key), await list(key, ...more));
    bucket.put = async (key, ...more) => (await this.#ask("put", key), await put(key, ...more));
    bucket.getSmall = async (key) => (await this.#ask("getSmall", key), await getSmall(key));
  }

  async #ask(method: string, key: string): Promise<void> {
    const prefix = /^\.ftl\/rollout\/a\/[0-9]+\//.exec(key)?.[0];
    if (prefix === undefined) return;
    const request = `${method} ${key.slice(prefix.length)}`.trim();
    this.asked.push(request);
    await this.onAsked(request);
    if (this.denied.has(method)) {
      throw new StorageError(`Access denied: ${method}`, { reason: "denied" });
    }
  }

  machine(name: string): Context {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const made = this.context(name, ["a"], { FTL_MACHINE: name });
    this.#machines.set(name, made);
    return made;
  }

  /** Writes the pointer, with the words of a rollout if there is one. */
  async point(
    blessed: RevisionName,
    next?: RevisionName,
    words = "",
    id = ID,
  ): Promise<void> {
    const rollout = next === undefined ? {} : {
      "ftl-next": idOf(next),
      "ftl-rollout": `id=${id} at=${Math.floor(this.now / 1000)} ${words}`,
    };
    this.#serial++;
    // Machines tell two states with the same text apart by the second.
    this.now += 1000;
    const metadata = { "ftl-serial": String(this.#serial), "ftl-blessed": "1", ...rollout };
    await this.bucket.put("a.rev", blessed, { metadata });
  }

  /** A revision with these scripts. */
  async spoolWith(scripts: Scripts): Promise<RevisionName> {
    const members = Object.entries(scripts).map(([step, text]) => (
      { name: `${step}.sh`, content: `#!/bin/sh\n${text}\n`, mode: 0o755 }
    ));
    const file = this.archive("a.tgz", { name: "v", content: JSON.stringify(scripts) }, ...members);
    return (await spool(this.context(), file)).revision;
  }

  /** A revision whose health fails at once. */
  async spoolBad(): Promise<RevisionName> {
    return await this.spoolWith({ health: "exit 100" });
  }

  /** One revision is blessed, and active on these machines. The other one is there as well. */
  async ready(
    machines: readonly string[],
    scripts: Scripts = {},
  ): Promise<Record<"old" | "next", RevisionName>> {
    const old = await this.spool("a.tgz", "old");
    await this.point(old);
    for (const machine of machines) await this.sync(machine);
    return { old, next: await this.spoolWith(scripts) };
  }

  async sync(machine: string, options: SyncOptions = {}): Promise<PackageSync> {
    const [result] = await sync(this.machine(machine), options);
    if (result === undefined) throw new Error("nothing was synced");
    return result;
  }

  async plan(machine: string): Promise<PlannedSync> {
    const [plan] = await planSyncs(this.machine(machine));
    if (plan === undefined) throw new Error("nothing was planned");
    return plan;
  }

  async status(machine: string): Promise<PackageStatus> {
    const { packages: [found] } = await status(this.machine(machine));
    if (found === undefined) throw new Error("no package");
    return found;
  }

  async active(machine: string): Promise<RevisionName | undefined> {
    return (await this.status(machine)).active;
  }

  pkg(machine: string): PackageDir {
    return new PackageDir(this.machine(machine).config.root, A);
  }

  remembered(machine: string): ReturnType<typeof readPointerState> {
    return readPointerState(this.pkg(machine));
  }

  rolloutState(machine: string): RolloutState | undefined {
    return readRolloutState(this.pkg(machine));
  }

  /** The names of all marks. */
  async marks(id = ID): Promise<string[]> {
    const prefix = marksPrefix(A, id);
    return (await this.bucket.list(prefix)).map(({ key }) => key.slice(prefix.length));
  }

  /** A mark of another machine. */
  async mark(mark: Mark, machine = "machine" in mark ? mark.machine : "other"): Promise<void> {
    await this.bucket.put(marksPrefix(A, ID) + markName(mark), machine, { metadata: {} });
  }

  /** The requests for marks since the last call. */
  takeAsked(): string[] {
    return this.asked.splice(0);
  }
}
