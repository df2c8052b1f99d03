/** An archive of which each version has another line in one small file. */
import { capture, pipeline } from "./programs.ts";
import type { Stage } from "./stage.ts";

/** The file that changes. It is made anew in each version, in an archive that is the same otherwise. */
const CHANGED = "changed.txt";

export class ChangingArchive {
  readonly #stage: Stage;
  readonly #package: string;
  readonly #rest: string;
  #version = 0;
  #revision = "";

  /** @param rest an archive that is gzipped: what does not change */
  constructor(stage: Stage, packageName: string, rest: string) {
    this.#stage = stage;
    this.#package = packageName;
    this.#rest = rest;
    Deno.mkdirSync(this.#folder);
  }

  get #folder(): string {
    return `${this.#stage.folder}/changing`;
  }

  get path(): string {
    return `${this.#folder}/${this.#package}.tgz`;
  }

  drop(): void {
    this.#stage.drop(this.#folder);
  }

  async makeNext(): Promise<void> {
    Deno.writeTextFileSync(`${this.#folder}/${CHANGED}`, `version ${++this.#version}\n`);
    // A header and one block, without the end of an archive; then, as gzip allows it, the rest.
    const first = `tar -cf - -C ${this.#folder} ${CHANGED} | head -c 1024 | gzip`;
    await capture({
      command: pipeline(`set +o pipefail; { ${first}; cat ${this.#rest}; } > ${this.path}`),
    });
  }

  async spoolNext({ blesses = true } = {}): Promise<void> {
    await this.makeNext();
    this.#revision = await this.#stage.spool(this.path);
    if (blesses) await this.bless();
  }

  /** The revision that was spooled last. */
  async bless(): Promise<void> {
    await capture(this.#stage.ftl(["jump", "--master", this.#revision, "--quiet"]));
  }
}
