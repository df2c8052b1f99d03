/** What a history is done with: FTL itself, a bucket on the S3 server, and a folder for each machine. */
import {
  type Context,
  createContext,
  FtlError,
  jump,
  jumpBack,
  jumpBackMaster,
  jumpMaster,
  purge,
  purgeMaster,
  spool,
  stageMaster,
  sync,
} from "../../../mod.ts";
import { gzip, tar } from "../../archive/builders.ts";
import type { Bucket, ObjectRecord } from "../../s3_server/storage/bucket.ts";
import type { Lab } from "../lab.ts";
import { linkIn, namesIn, textIn, toggle } from "./disk.ts";
import { type Deed, GROUPS, type Letter, LETTERS } from "./history.ts";
import type { Traits } from "./model/facts.ts";

/** What all histories are about. */
export const PACKAGE = "site";
/** FTL_KEEP of all machines. */
export const KEEP = 2;

/** Of a machine, as it lies on its disk. */
export interface SeenMachine {
  readonly active: string | undefined;
  readonly previous: string | undefined;
  readonly here: readonly string[];
  /** Whether a person's jump holds what is active. */
  readonly isHeld: boolean;
  /** Revision and blessing, as `id blessing`. */
  readonly bad: readonly string[];
}

export class World {
  readonly #folder: string;
  readonly #archives = new Map<string, string>();
  /** To look into without a request. */
  readonly #bucket: Bucket;

  /** @param name of a bucket and a folder of its own */
  constructor(readonly lab: Lab, readonly name: string) {
    this.#bucket = lab.fleet.server.store.create(name);
    this.#folder = lab.fleet.folder.folder(`histories/${name}`);
    for (const letter of LETTERS) {
      Deno.mkdirSync(`${this.root(letter)}/${PACKAGE}`, { recursive: true });
    }
  }

  root(letter: Letter): string {
    return `${this.#folder}/${letter}/root`;
  }

  machineName(letter: Letter): string {
    return `i-${letter}`;
  }

  env(letter: Letter): Record<string, string> {
    const group = GROUPS[letter];
    return {
      ...this.lab.env,
      FTL_BUCKET: this.name,
      FTL_ROOT: this.root(letter),
      FTL_MACHINE: this.machineName(letter),
      FTL_REPORT: "3600",
      FTL_KEEP: String(KEEP),
      // Ways of fetching are the matter of other harnesses.
      FTL_DELTA: "off",
      ...(group === undefined ? {} : { FTL_GROUP: group }),
    };
  }

  /** Returns the exit code. What the deed names by its age has this name. */
  async do(deed: Deed, name: string, signal: AbortSignal): Promise<number> {
    try {
      return codeOf(await this.#run(deed, name, signal));
    } catch (error) {
      if (error instanceof FtlError) return error.exitCode;
      throw error;
    }
  }

  async #run(deed: Deed, name: string, signal: AbortSignal): Promise<readonly Error[]> {
    const context = (letter: Letter = "a"): Context => {
      return createContext(this.env(letter), { signal });
    };
    switch (deed.do) {
      case "spool":
        await spool(context(), this.archive(deed));
        return [];
      case "bless":
        return (await jumpMaster(context(), name, { again: deed.again })).failures;
      case "stage": {
        const { request, again } = requestOf(deed);
        return (await stageMaster(context(), name, { request, again })).failures;
      }
      case "back":
        return (await jumpBackMaster(context(), PACKAGE)).failures;
      case "purge-master":
        return (await purgeMaster(context(), { revision: name })).failures;
      case "sync":
        return (await sync(context(deed.on), { follow: deed.follow })).flatMap(({ failures }) =>
          failures
        );
      case "jump":
        return (await jump(context(deed.on), name, { stay: deed.stay })).failures;
      case "jump-back":
        return (await jumpBack(context(deed.on), PACKAGE)).failures;
      case "purge":
        return (await purge(context(deed.on), { revision: name })).failures;
      case "pause":
        toggle(`${this.root(deed.on)}/.pause`);
        return [];
      case "mend":
        toggle(`${this.root(deed.on)}/../mended`);
        return [];
      case "wait":
        return [];
    }
  }

  archive({ script, failsOn }: Traits): string {
    const known = this.#archives.get(`${script} ${failsOn}`);
    if (known !== undefined) return known;
    const fails = `case "$FTL_REVISION_DIR" in\n*/[${failsOn}]/root/*)\n` +
      '  [ -e "${FTL_REVISION_DIR%/root/*}/mended" ] || exit 100;;\nesac\n';
    const content = `#!/bin/sh\n${failsOn === "" ? "" : fails}exit 0\n`;
    const scripts = script === undefined ? [] : [{ name: `${script}.sh`, content, mode: 0o755 }];
    const path = `${this.#folder}/${script}-${failsOn}/${PACKAGE}.tgz`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")));
    Deno.writeFileSync(
      path,
      gzip(tar({ name: "version", content: `${script} ${failsOn}` }, ...scripts)),
    );
    this.#archives.set(`${script} ${failsOn}`, path);
    return path;
  }

  see(letter: Letter): SeenMachine {
    const folder = `${this.root(letter)}/${PACKAGE}`;
    const active = linkIn(folder, "current");
    const own = (name: string): { id: string; blessing?: string }[] => {
      return JSON.parse(textIn(`${folder}/.ftl/${name}`) ?? "[]");
    };
    return {
      active,
      previous: linkIn(folder, "previous"),
      here: namesIn(`${folder}/revs`),
      isHeld: own("hold.json").some(({ id }) => id === active),
      bad: own("bad.json").map(({ id, blessing }) => `${id} ${blessing}`).sort(),
    };
  }

  /** The pointer's text and metadata. */
  pointer(): { text: string; metadata: ObjectRecord["metadata"] } | undefined {
    const record = this.#bucket.objects.get(`${PACKAGE}.rev`);
    if (record === undefined) return undefined;
    using file = this.#bucket.open(record);
    const bytes = new Uint8Array(record.size);
    file.readSync(bytes);
    return { text: new TextDecoder().decode(bytes), metadata: record.metadata };
  }

  /** The ids in the bucket, sorted. */
  revisions(): string[] {
    return this.#below(`${PACKAGE}.`).map(({ key }) => key.split(".")[1] ?? "")
      .filter((id) => id !== "rev").sort();
  }

  /** The machines whose newest mark in a rollout says that it failed there, sorted. */
  failedIn(rollout: number): string[] {
    const prefix = `.ftl/rollout/${PACKAGE}/${rollout}/`;
    const newest = new Map<string, { kind: string; modified: number }>();
    for (const { key, modified } of this.#below(prefix)) {
      const [kind = "", machine = ""] = key.slice(prefix.length).split("/");
      if (kind === "try" || modified < (newest.get(machine)?.modified ?? 0)) continue;
      newest.set(machine, { kind, modified });
    }
    return [...newest].filter(([, { kind }]) => kind === "failed").map(([name]) => name).sort();
  }

  #below(prefix: string): ObjectRecord[] {
    const found: ObjectRecord[] = [];
    let record = this.#bucket.objects.atOrAfter(prefix);
    while (record?.key.startsWith(prefix)) {
      found.push(record);
      record = this.#bucket.objects.after(record.key);
    }
    return found;
  }

  end(): void {
    this.lab.fleet.server.store.remove(this.#bucket);
    Deno.removeSync(this.#folder, { recursive: true });
    this.lab.fleet.server.clearLog();
  }
}

/** A script's failure decides. */
function codeOf(failures: readonly Error[]): number {
  const codes = failures.map((error) => {
    if (error instanceof FtlError) return error.exitCode;
    throw error;
  });
  return codes.find((code) => code === 6) ?? codes[0] ?? 0;
}

type StageDeed = Extract<Deed, { do: "stage" }>;

function requestOf(
  { percent, machines, groups, over, halt, pause, again = false }: StageDeed,
): { request: Parameters<typeof stageMaster>[2]["request"]; again: boolean } {
  const size = percent !== undefined
    ? { percent }
    : machines === undefined
    ? undefined
    : { machines };
  const given = { size, groups, over, halt, pause };
  const request = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return { request, again };
}
