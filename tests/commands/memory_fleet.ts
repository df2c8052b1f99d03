/** Commands on a bucket in memory: machines that need neither a process nor a socket. */
import { createContext, type Environment, type FtlEvent, spool } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { gzip, type Member, tar } from "../archive/builders.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { TempFolder } from "../temp.ts";

export class MemoryFleet extends TempFolder {
  readonly bucket = new MemoryBucket("deploys");
  /** What was told, in its order. */
  readonly events: FtlEvent[] = [];
  /** Unix time in milliseconds, as every command sees it. */
  now = Date.now();

  /** A developer's machine; with a name one of the fleet's, which wants those packages, with more variables. */
  context(
    name = "developer",
    packages: readonly string[] = [],
    env: Environment = {},
  ): Context {
    const root = this.folder(name);
    for (const pkg of packages) this.folder(`${name}/${pkg}`);
    return {
      ...createContext({ FTL_ROOT: root, FTL_BUCKET: this.bucket.name, ...env }, {
        report: (event) => void this.events.push(event),
      }),
      author: () => "dev@laptop",
      now: () => this.now,
      openBucket: () => Promise.resolve(this.bucket),
    };
  }

  /** A file to be spooled. */
  archive(name: string, ...members: Member[]): string {
    return this.write(name, gzip(tar(...members)));
  }

  /** Spools a revision with one file, `v`, as a developer. Returns its name. */
  async spool(fileName: string, content: string): Promise<RevisionName> {
    const file = this.archive(fileName, { name: "v", content });
    return await this.spoolFile(file);
  }

  async spoolFile(file: string): Promise<RevisionName> {
    return (await spool(this.context(), file)).revision;
  }

  get warnings(): string[] {
    return this.events.flatMap((event) => event.type === "warning" ? [event.message] : []);
  }
}
