/**
 * Kills `ftl` at random moments, many times, and looks at what it left. Model: OSTree's destructive test.
 * The seed is in every message; the same seed gives the same commands, delays and signals, though what the
 * machine makes of them differs.
 */
import { jump, jumpMaster, purge, purgeMaster, sync } from "../../mod.ts";
import { CHANGES, shownEnv, SmallChanges } from "./small_changes.ts";
import { FolderSpools } from "./folder_spools.ts";
import { Inspector, openUploads, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Random } from "../random.ts";
import { requireDecided, requireRecovery, requireUploadsTakenBack } from "./recovery.ts";
import { type Archive, makeSite } from "./site.ts";

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number) => void;
}

const COMMANDS = [
  "spool",
  "spool large",
  "sync",
  "sync",
  "jump",
  "jump-back",
  "purge",
  "jump --master",
  "sync of a bad one",
  "jump to a bad one",
  ...CHANGES,
] as const;
type CommandName = typeof COMMANDS[number];

export async function killLoop({ rounds, seed, onRound }: KillOptions): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const loop = new KillLoop(lab, seed);
  await loop.prepare();
  for (let round = 1; round <= rounds; round++) {
    try {
      await loop.round();
    } catch (error) {
      const { last } = loop;
      throw new Error(`seed ${seed}, round ${round}, ${last}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    onRound?.(round);
  }
  return loop.figures();
}

/** Small files of a package that is large enough for two threads to write it. */
const SHARED = 5_000;

function isBad(command: CommandName): boolean {
  return command.endsWith("bad one");
}

function isChange(command: CommandName): command is typeof CHANGES[number] {
  return CHANGES.some((one) => one === command);
}

/** The exit code of the command if nothing kills it. */
function doneCode(command: CommandName): number {
  return isBad(command) ? 6 : 0;
}

class KillLoop {
  readonly #lab: Lab;
  readonly #random: Random;
  readonly #inspector: Inspector;
  readonly #sites: Archive[];
  readonly #large: Archive;
  readonly #badSite: Archive;
  readonly #changes: SmallChanges;
  readonly #folders: FolderSpools;
  /** Milliseconds that each command usually takes. */
  readonly #usual = new Map<CommandName, number>();
  readonly #counts = { SIGKILL: 0, SIGTERM: 0, SIGINT: 0, completed: 0, openUploads: 0 };
  last = "";
  /** The last revision whose health always fails, and where `previous` led before it. */
  #bad: { readonly bad: string; readonly previous: string | undefined } = {
    bad: "",
    previous: undefined,
  };

  constructor(lab: Lab, seed: number) {
    this.#lab = lab;
    this.#random = new Random(seed);
    this.#inspector = new Inspector(lab);
    this.#sites = [1, 2, 3, 4, 5].map((n) => makeSite(PACKAGE, seed + n, { files: 120 }));
    this.#sites.push(makeSite(PACKAGE, seed, { files: SHARED }));
    this.#badSite = makeSite(PACKAGE, seed + 6, { files: 120, bad: true });
    this.#folders = new FolderSpools(lab);
    this.#changes = new SmallChanges(lab, { random: this.#random, folders: this.#folders, seed });
    this.#large = makeSite("large", seed, { files: 3, ballast: 17 << 20, scripts: false });
  }

  /** Two revisions and a first activation; then each command once, to see how long it takes. */
  async prepare(): Promise<void> {
    const context = this.#lab.context();
    const first = await this.#lab.spool(this.#random.pick(this.#sites));
    await jumpMaster(context, first.revision);
    for (const command of new Set(COMMANDS)) {
      const args = await this.#argumentsFor(command);
      const started = performance.now();
      const { code, stderr } = await this.#lab.run(args);
      if (code !== doneCode(command)) throw new Error(`ftl ${args.join(" ")}: ${stderr}`);
      this.#usual.set(command, performance.now() - started);
      if (isBad(command)) await this.#endBad(args);
      await this.#folders.know();
    }
    await this.#inspector.look();
  }

  async round(): Promise<void> {
    const command = this.#random.pick(COMMANDS);
    const signal = this.#random.next() < 0.85
      ? "SIGKILL"
      : this.#random.pick(["SIGTERM", "SIGINT"] as const);
    const delay = this.#random.next() * 1.1 * (this.#usual.get(command) ?? 500);
    const env = this.#changes.chooseEnv();
    const args = await this.#argumentsFor(command);
    this.last = `${shownEnv(env)} ftl ${args.join(" ")}, ${signal} after ${delay.toFixed()} ms`;
    const killed = await this.#killAfter(args, { signal, delay, done: doneCode(command), env });
    await this.#folders.know();
    await this.#inspector.look();
    if (isBad(command)) await this.#endBad(args);
    await requireRecovery(this.#lab);
    this.#changes.noteWay();
    await this.#requireNoUploads(killed && signal === "SIGKILL");
    await this.#inspector.look();
    await this.#forgetOld();
  }

  figures(): Figures {
    const { SIGKILL, SIGTERM, SIGINT, completed, openUploads } = this.#counts;
    return {
      "killed by SIGKILL": SIGKILL,
      "ended by SIGTERM or SIGINT": SIGTERM + SIGINT,
      "completed before the signal": completed,
      "uploads found open and taken back": openUploads,
      ...Object.fromEntries(
        [...this.#changes.ways].map(([how, count]) => [`came by ${how}`, count]),
      ),
      "files compared": this.#inspector.files,
    };
  }

  /** The machine has decided on the bad revision. Then the good one that runs is blessed. */
  async #endBad(args: readonly string[]): Promise<void> {
    await requireDecided(this.#lab, this.#bad);
    const active = this.#lab.linked("current");
    if (active === undefined) throw new Error(`nothing is active after ftl ${args.join(" ")}`);
    await jumpMaster(this.#lab.context(), active);
  }

  /** Brings it about that the command has something to do. */
  async #argumentsFor(command: CommandName): Promise<string[]> {
    const context = this.#lab.context();
    const { machine } = this.#lab;
    const site = this.#random.pick(this.#sites);
    if (command === "spool") return ["spool", this.#lab.file(site)];
    if (command === "spool large") return ["spool", this.#lab.file(this.#large)];
    if (isBad(command)) return await this.#argumentsForBad(command);
    if (isChange(command)) return await this.#changes.argumentsFor(command);
    const { revision } = await this.#lab.spool(site);
    await this.#inspector.lookAtBucket();
    if (command === "jump --master") return ["jump", "--master", revision];
    if (command === "sync") {
      if (this.#random.next() < 0.7) await jumpMaster(context, revision);
      return ["sync"];
    }
    await sync(context);
    const active = machine.link(`${PACKAGE}/current`);
    if (command === "purge") return ["purge", revision];
    if (command === "jump-back") {
      if (active !== undefined) await jump(context, revision);
      return ["jump-back", PACKAGE];
    }
    return ["jump", revision];
  }

  async #argumentsForBad(command: CommandName): Promise<string[]> {
    const { revision: bad } = await this.#lab.spool(this.#badSite);
    await this.#inspector.lookAtBucket();
    await sync(this.#lab.context());
    this.#bad = { bad, previous: this.#lab.linked("previous") };
    if (command === "sync of a bad one") {
      await jumpMaster(this.#lab.context(), bad);
      return ["sync"];
    }
    return ["jump", bad];
  }

  async #killAfter(
    args: readonly string[],
    { signal, delay, done, env }: {
      signal: "SIGKILL" | "SIGTERM" | "SIGINT";
      delay: number;
      env: Readonly<Record<string, string>>;
      /** The exit code of a command that completes. */
      done: number;
    },
  ): Promise<boolean> {
    const child = this.#lab.launch(args, { env });
    const output = child.output();
    const timer = setTimeout(() => {
      try {
        child.kill(signal);
      } catch {
        // It has ended by itself.
      }
    }, delay);
    const { code, signal: endedBy, stderr } = await output;
    clearTimeout(timer);
    const text = new TextDecoder().decode(stderr);
    if (endedBy === null && ![done, 130, 143].includes(code)) {
      throw new Error(`exit ${code}: ${text}`);
    }
    if (/^ +at /m.test(text)) throw new Error(`a stack: ${text}`);
    const killed = endedBy !== null || code !== done;
    this.#counts[killed ? signal : "completed"]++;
    return killed;
  }

  async #requireNoUploads(wasKilled: boolean): Promise<void> {
    if (!wasKilled) {
      const open = await openUploads(this.#lab);
      if (open.length > 0) throw new Error(`left open by a command that could clean up: ${open}`);
    }
    this.#counts.openUploads += await requireUploadsTakenBack(this.#lab, this.#large);
  }

  /** Keeps the loop quick. */
  async #forgetOld(): Promise<void> {
    const { bucket } = this.#lab;
    for (const { key } of await bucket.list("large.")) await bucket.remove(key);
    await purgeMaster(this.#lab.context(), { package: PACKAGE, keep: 4 });
    await purge(this.#lab.context(), { package: PACKAGE, keep: 6 });
  }
}
