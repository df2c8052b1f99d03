/**
 * One changed line in many small files: what a machine moves and how long it takes, with a spare, without one, and
 * whole. In each round one of them spools the next revision, and all three machines sync it.
 */
import type { Case, Contender, Setting } from "./cases.ts";
import { capture, measure, pipeline } from "./programs.ts";
import type { Stage } from "./stage.ts";

const PACKAGE = "delta";

/** The file that changes. It is made anew in each round, in an archive that is the same otherwise. */
const CHANGED = "changed.txt";

export function deltaCase({ stage, corpora }: Setting): Case {
  const archive = new ChangingArchive(stage, corpora.files);
  const moved: number[] = [];
  const machines: readonly Machine[] = [
    { name: "with a spare", env: {} },
    { name: "without a spare", env: { FTL_SPARE: "0", FTL_DELTA: "always" } },
    { name: "whole", env: { FTL_DELTA: "off" } },
  ];
  const [first] = machines;
  return {
    name: "delta",
    title: "sync of one changed line in many small files",
    rounds: 7,
    prepare: async () => {
      await archive.make();
      for (const { name } of machines) stage.machine(folderOf(name), [PACKAGE]);
      // The third revision leaves the first one over.
      for (let spooled = 0; spooled < 3; spooled++) {
        await archive.spoolNext();
        for (const one of machines) await capture(syncOf(stage, one));
      }
      return machines.map((machine): Contender => ({
        name: machine.name,
        run: async () => {
          if (machine === first) await archive.spoolNext({ blesses: false });
          const before = await stage.bytesRead();
          const measured = await measure(syncOf(stage, machine));
          if (machine === first) moved.push(await stage.bytesRead() - before);
          return measured;
        },
        after: async () => {
          if (machine === first) await archive.bless();
          await capture(syncOf(stage, machine));
        },
      }));
    },
    facts: () => Promise.resolve({ "bytes moved, at most": Math.max(...moved) }),
    clean: async () => {
      archive.drop();
      await stage.empty(`${PACKAGE}.`);
      await stage.empty(".ftl/");
    },
  };
}

interface Machine {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

function folderOf(name: string): string {
  return name.replaceAll(" ", "-");
}

function syncOf(stage: Stage, { name, env }: Machine): Parameters<typeof measure>[0] {
  const program = stage.ftl(["sync", "--quiet"], `${stage.folder}/${folderOf(name)}`);
  return { ...program, env: { ...program.env, ...env } };
}

/** An archive of which each version has another line in one small file. */
class ChangingArchive {
  readonly #stage: Stage;
  readonly #rest: string;
  #version = 0;
  #revision = "";

  /** @param rest an archive that is gzipped: what does not change */
  constructor(stage: Stage, rest: string) {
    this.#stage = stage;
    this.#rest = rest;
  }

  get #folder(): string {
    return `${this.#stage.folder}/changing`;
  }

  make(): void {
    Deno.mkdirSync(this.#folder);
  }

  drop(): void {
    this.#stage.drop(this.#folder);
  }

  async spoolNext({ blesses = true } = {}): Promise<void> {
    const path = `${this.#folder}/${PACKAGE}.tgz`;
    Deno.writeTextFileSync(`${this.#folder}/${CHANGED}`, `version ${++this.#version}\n`);
    // A header and one block, without the end of an archive; then, as gzip allows it, the rest.
    const first = `tar -cf - -C ${this.#folder} ${CHANGED} | head -c 1024 | gzip`;
    await capture({
      command: pipeline(`set +o pipefail; { ${first}; cat ${this.#rest}; } > ${path}`),
    });
    this.#revision = await this.#stage.spool(path);
    if (blesses) await this.bless();
  }

  async bless(): Promise<void> {
    await capture(this.#stage.ftl(["jump", "--master", this.#revision, "--quiet"]));
  }
}
