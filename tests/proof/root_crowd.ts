/**
 * Many processes on one machine's root and one package: whoever deploys, people at the machine, people who bless and roll
 * out, and those who only look. The file is long because it has the table of what they do.
 */
import { jumpMaster, spool, sync } from "../../mod.ts";
import type { Ran } from "../e2e/fleet.ts";
import { FolderSpools } from "./folder_spools.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { Random } from "../random.ts";
import { requireRecovery } from "./recovery.ts";
import { type Archive, makeSite } from "./site.ts";

export interface CrowdOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly processes?: number;
}

/** What a command of the crowd has to choose from. */
interface Choice {
  readonly random: Random;
  /** One of the last revisions that were spooled: it may be gone already, and the health of some fails. */
  readonly revision: string;
  /** That of the last rollout that was begun, or the same. */
  readonly candidate: string;
  /** An archive or a folder to be spooled. */
  readonly source: readonly string[];
}

interface Kind {
  /** How often, compared with the others. */
  readonly weight: number;
  readonly args: (choice: Choice) => readonly string[];
  /** Whether it may end because the health of a revision fails, or has failed in the last sync. */
  readonly meetsHealth?: boolean;
}

const BEGIN = "begin of a rollout";

const KINDS: Readonly<Record<string, Kind>> = {
  sync: { weight: 20, args: () => ["sync"], meetsHealth: true },
  "sync that polls": { weight: 4, args: () => ["sync", "--list-every", "600"], meetsHealth: true },
  "sync --follow": { weight: 4, args: () => ["sync", "--follow"], meetsHealth: true },
  jump: { weight: 14, args: ({ revision }) => ["jump", revision], meetsHealth: true },
  "jump --stay": {
    weight: 4,
    args: ({ revision }) => ["jump", revision, "--stay"],
    meetsHealth: true,
  },
  "jump-back": { weight: 8, args: () => ["jump-back", PACKAGE], meetsHealth: true },
  purge: { weight: 6, args: ({ revision }) => ["purge", revision] },
  "purge --keep": { weight: 2, args: () => ["purge", "--keep", "3", PACKAGE] },
  "purge --master": { weight: 4, args: ({ revision }) => ["purge", "--master", revision] },
  spool: { weight: 14, args: ({ source }) => ["spool", ...source] },
  bless: { weight: 6, args: ({ revision }) => ["jump", "--master", revision] },
  "end of a rollout": { weight: 4, args: ({ candidate }) => ["jump", "--master", candidate] },
  "bless again": { weight: 2, args: ({ revision }) => ["jump", "--master", revision, "--again"] },
  [BEGIN]: {
    weight: 5,
    args: ({ random, revision }) => ["jump", "--master", revision, ...random.pick(STEPS)],
  },
  "next step of a rollout": {
    weight: 5,
    args: ({ random, candidate }) => ["jump", "--master", candidate, ...random.pick(STEPS)],
  },
  "pause of a rollout": {
    weight: 4,
    args: ({ candidate }) => ["jump", "--master", candidate, "--pause"],
  },
  "jump-back --master": { weight: 3, args: () => ["jump-back", "--master", PACKAGE] },
  status: { weight: 4, args: () => ["status"] },
  list: { weight: 4, args: () => ["list", PACKAGE] },
  fleet: { weight: 3, args: () => ["fleet", PACKAGE] },
  history: { weight: 3, args: () => ["history", PACKAGE] },
  doctor: { weight: 3, args: () => ["doctor"], meetsHealth: true },
};

/** Words of `jump --master` by which this machine, or nobody, may take the candidate. */
const STEPS: readonly (readonly string[])[] = [
  ["--percent", "100", "--halt", "1"],
  ["--percent", "0", "--group", "canary"],
  ["--machines", "1", "--at-once", "1"],
  ["--percent", "0", "--over", "1h"],
];

/** Exit codes that a command in a crowd may have: done, a protected or vanished revision, a lost race. */
const ALLOWED: readonly number[] = [0, 2, 3, 4];

/**
 * Also a jump that comes while a sync is between publishing a revision and running its `post-sync`, and whatever meets a
 * revision whose health fails.
 */
function isAllowed({ code, stdout, stderr }: Ran, { meetsHealth = false }: Kind): boolean {
  const isEarly = code === 6 && stderr.includes("its post-sync has not run yet");
  const isBad = code === 6 && meetsHealth &&
    /health failed: exit 100|in quarantine/.test(stdout + stderr);
  return (ALLOWED.includes(code) || isEarly || isBad) && !/^ +at /m.test(stderr);
}

/** Commands after which each kind must have succeeded, or something keeps it from ever being tried. */
const MANY = 1000;

/**
 * `processes` run commands on one root, one after the other, while a reader follows `current` and must never miss. At the
 * end a good revision is blessed, and one sync brings it. Throws an Error that names the command that did wrong.
 */
export async function crowdOnOneRoot(
  { seed, seconds, processes = 20 }: CrowdOptions,
): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const crowd = await RootCrowd.start(lab, seed);
  const reader = followCurrent(lab);
  const end = performance.now() + seconds * 1000;
  const all = await Promise.allSettled(Array.from({ length: processes }, async (_, n) => {
    const random = new Random(seed + n);
    while (performance.now() < end) await crowd.runOne(random);
  }));
  // Only once all have ended: their folder goes with the error.
  const reads = await reader.stop();
  for (const result of all) if (result.status === "rejected") throw result.reason;
  await crowd.end();
  return { processes, ...crowd.figures(), "reads of current": reads, missed: 0 };
}

class RootCrowd {
  readonly #lab: Lab;
  readonly #seed: number;
  readonly #inspector: Inspector;
  readonly #folders: FolderSpools;
  readonly #badFile: string;
  readonly #good: readonly (readonly string[])[];
  /** The newest last. */
  readonly #revisions: string[] = [];
  /** Those whose health fails, likewise. */
  readonly #bad: string[] = [];
  /** By kind, then by exit code. */
  readonly #counts = new Map<string, Map<number, number>>();
  #candidate: string | undefined;
  #fetched = 0;
  #deltas = 0;

  private constructor(lab: Lab, seed: number) {
    this.#lab = lab;
    this.#seed = seed;
    this.#inspector = new Inspector(lab);
    this.#folders = new FolderSpools(lab);
    this.#good = [
      ...[1, 2, 3].map((change) => [this.#file({ change })]),
      ...[4, 5, 6].map((change) => this.#folder(change)),
    ];
    this.#badFile = this.#file({ bad: true });
  }

  /** A machine that runs the first of three revisions, and has bad ones too. */
  static async start(lab: Lab, seed: number): Promise<RootCrowd> {
    const crowd = new RootCrowd(lab, seed);
    for (const more of [{}, { change: 7 }, { change: 8 }]) {
      crowd.#revisions.push((await lab.spool(crowd.#site(more))).revision);
    }
    await crowd.#spoolBad();
    await jumpMaster(lab.context(), crowd.#revisions[0] ?? "");
    await sync(lab.context());
    await crowd.#inspector.look();
    return crowd;
  }

  async #spoolBad(): Promise<void> {
    const { revision } = await spool(this.#lab.context(), this.#badFile);
    this.#bad.push(revision);
  }

  /** An archive at a place of its own, as nobody may write a file that is being spooled. */
  #file(more: { readonly change?: number; readonly bad?: boolean }): string {
    const site = this.#site(more);
    this.#lab.file(site);
    return this.#lab.fleet.folder.write(`files/${site.sha256}/${site.fileName}`, site.bytes);
  }

  #site(more: { readonly change?: number; readonly bad?: boolean }): Archive {
    return makeSite(PACKAGE, this.#seed, { files: 30, ...more });
  }

  /** The words that spool this change as a folder, which is a place of its own. */
  #folder(change: number): readonly string[] {
    const [, folder = "", ...more] = this.#folders.argumentsFor(this.#site({ change }));
    const own = `${this.#lab.fleet.folder.path}/folder-${change}`;
    Deno.renameSync(folder, own);
    return [own, ...more];
  }

  /** Runs one command. Throws an Error if it ends otherwise than it may. */
  async runOne(random: Random): Promise<void> {
    const [name, kind] = pickKind(random);
    if (random.next() < 0.05) await this.#spoolBad();
    const isBad = random.next() < 0.3;
    const revision = random.pick(isBad ? this.#bad.slice(-2) : this.#revisions.slice(-6));
    const choice = {
      ...{ random, revision, candidate: this.#candidate ?? revision },
      source: random.pick(this.#good),
    };
    const args = kind.args(choice);
    const env = {
      FTL_LOCK_WAIT: "120",
      FTL_REPORT: "3600",
      FTL_DELTA: random.pick(["auto", "always", "always", "always", "off"]),
      FTL_SPARE: random.pick(["1", "1", "0"]),
    };
    const ran = await this.#lab.run(args, { env });
    const { code, stdout, stderr } = ran;
    const counts = this.#counts.get(name) ?? new Map<number, number>();
    this.#counts.set(name, counts.set(code, (counts.get(code) ?? 0) + 1));
    if (!isAllowed(ran, kind)) {
      throw new Error(
        `seed ${this.#seed}: ftl ${args.join(" ")}: exit ${code}: ${stdout}${stderr}`,
      );
    }
    if (name === "spool" && code === 0) this.#revisions.push(stdout.trim());
    if (name === BEGIN && code === 0) this.#candidate = revision;
    this.#fetched += stderr.match(/: fetched /g)?.length ?? 0;
    this.#deltas += stderr.match(/: fetched .*\((spare|delta)\)/g)?.length ?? 0;
  }

  /** Whatever the crowd has left, a blessing and a sync bring a good revision, and all is whole. */
  async end(): Promise<void> {
    const lab = this.#lab;
    await this.#folders.know();
    await this.#inspector.look();
    const { revision } = await lab.spool(this.#site({ change: 9 }));
    await jumpMaster(lab.context(), revision);
    const [result] = await sync(lab.context(), { follow: true });
    if (String(result?.active) !== revision) {
      throw new Error(`${result?.active} is active instead of ${revision}: ${result?.failures[0]}`);
    }
    await requireRecovery(lab);
    await this.#inspector.look();
  }

  /** Throws an Error if a kind of command has never succeeded in a long run. */
  figures(): Figures {
    const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);
    const all = [...this.#counts.values()];
    const commands = sum(all.map((counts) => sum(counts.values())));
    const never = Object.keys(KINDS).filter((name) => !this.#counts.get(name)?.has(0));
    if (commands >= MANY && never.length > 0) throw new Error(`These never succeeded: ${never}`);
    return {
      commands,
      done: sum(all.map((counts) => counts.get(0) ?? 0)),
      "met a bad health": sum(all.map((counts) => counts.get(6) ?? 0)),
      "revisions fetched": this.#fetched,
      "of these by a delta": this.#deltas,
      "lost a race": sum(all.map((counts) => counts.get(4) ?? 0)),
    };
  }
}

function pickKind(random: Random): [name: string, kind: Kind] {
  const kinds = Object.entries(KINDS);
  let left = random.next() * kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
  return kinds.find(([, { weight }]) => (left -= weight) < 0) ?? kinds[0] as [string, Kind];
}

/** A web server, as it were: opens files through `current` in a tight loop, in a process of its own. */
function followCurrent(lab: Lab): { stop(): Promise<number> } {
  const script = new URL("reader.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", script, `${lab.root}/${PACKAGE}/current`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  return {
    async stop(): Promise<number> {
      await child.stdin.close();
      const { code, stdout, stderr } = await output;
      const text = new TextDecoder();
      if (code !== 0) throw new Error(`The reader missed: ${text.decode(stderr)}`);
      return Number(text.decode(stdout));
    },
  };
}
