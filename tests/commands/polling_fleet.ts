/** Machines that sync with `--list-every`, on a bucket in memory. Time passes by a clock of the test. */
import { assert } from "../assert.ts";
import { jumpMaster, type PackageSync, spool, sync, type SyncOptions } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const MINUTE = 60_000;

export interface Polled {
  /** The names of the bucket's methods that were called, in their order. */
  readonly requests: string;
  readonly result: PackageSync;
}

export class PollingFleet extends MemoryFleet {
  readonly developer = this.context();

  constructor() {
    super();
    this.bucket.now = () => this.now;
  }

  /** A machine that wants these packages and has just listed them. */
  async machine(name: string, packages: readonly string[] = ["a"]): Promise<Context> {
    const context = this.context(name, packages, { FTL_MACHINE: name });
    await sync(context, { listEvery: 600 });
    return context;
  }

  /** One sync, a minute later. */
  async poll(machine: Context, options: SyncOptions = {}): Promise<Polled> {
    this.now += MINUTE;
    this.bucket.calls.length = 0;
    const [result] = await sync(machine, { listEvery: 600, ...options });
    assert(result !== undefined);
    return { requests: this.bucket.calls.join(" "), result };
  }

  /** Blesses it, a minute later. */
  async bless(revision: string, options: { readonly again?: boolean } = {}): Promise<void> {
    this.now += MINUTE;
    await jumpMaster(this.developer, revision, options);
  }

  /** Spools a revision with one file, `v`, and blesses it, a minute later. */
  async release(fileName: string, content: string): Promise<RevisionName> {
    const revision = await this.spool(fileName, content);
    await this.bless(revision);
    return revision;
  }

  /** Spools a revision that has these scripts. */
  async spoolScripts(
    fileName: string,
    scripts: Readonly<Record<string, string>>,
  ): Promise<RevisionName> {
    const members = Object.entries(scripts)
      .map(([name, text]) => ({ name, content: `#!/bin/sh\n${text}\n`, mode: 0o755 }));
    return (await spool(this.developer, this.archive(fileName, ...members))).revision;
  }
}
