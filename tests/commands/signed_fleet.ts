/** Machines that trust signatures, on a bucket in memory. What is signed is signed by hand. */
import {
  type Environment,
  jumpMaster,
  type PackageSync,
  sync,
  type SyncOptions,
} from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { withoutSignatures } from "../../src/revision/metadata.ts";
import { type RevisionId, type RevisionName, toRevision } from "../../src/revision/names.ts";
import { nextSignatureName, type Statement } from "../../src/trust/statement.ts";
import { aPackage } from "../names.ts";
import { aPerson, lineOf, type Person } from "../trust/people.ts";
import { statementOf, type StoredObject } from "../trust/signed_bucket.ts";
import { MemoryFleet } from "./memory_fleet.ts";

export const A = aPackage("a");

export class SignedFleet extends MemoryFleet {
  readonly ci = aPerson("ci@example.com");
  readonly ann = aPerson("ann@example.com");
  readonly bob = aPerson("bob@example.com");
  /** Whom nobody trusts. */
  readonly eve = aPerson("eve@example.com");

  constructor() {
    super();
    this.bucket.now = () => this.now;
    this.trustLines(
      lineOf(this.ci, 'namespaces="ftl-spool:*"'),
      lineOf(this.ann, 'namespaces="ftl-bless:*"'),
      lineOf(this.bob, 'namespaces="ftl-bless:*"'),
    );
  }

  /** Writes the file of allowed signers. Returns its path. */
  trustLines(...lines: string[]): string {
    return this.write("allowed_signers", `${lines.join("\n")}\n`);
  }

  get trustFile(): string {
    return `${this.path}/allowed_signers`;
  }

  /** A machine that wants the package `a`, and enforces the trust if nothing else is said. */
  machine(name = "web", env: Environment = {}): Context {
    return this.context(name, ["a"], { FTL_TRUST: this.trustFile, ...env });
  }

  /** The next second: no two writes of a pointer are in one. */
  tick(seconds = 1): void {
    this.now += seconds * 1000;
  }

  /** A revision of `a` in S3, signed by CI, or by nobody. */
  async build(content: string, by: Person | undefined = this.ci): Promise<RevisionName> {
    this.tick();
    const revision = await this.spool("a.tgz", content);
    if (by !== undefined) this.sign(keyOf(revision), by);
    return revision;
  }

  async unsignedBuild(content: string): Promise<RevisionName> {
    this.tick();
    return await this.spool("a.tgz", content);
  }

  /** Blesses it, signed by Ann, or by others. */
  async bless(revision: RevisionName, ...by: Person[]): Promise<void> {
    await this.blessUnsigned(revision);
    for (const person of by.length === 0 ? [this.ann] : by) this.sign("a.rev", person);
  }

  /** As an older ftl does it, or one without `FTL_SIGN_KEY`. */
  async blessUnsigned(revision: RevisionName): Promise<void> {
    this.tick(2);
    this.bucket.rewrite("a.rev", ({ metadata }) => ({ metadata: withoutSignatures(metadata) }));
    await jumpMaster(this.context(), revision);
  }

  async release(content: string): Promise<RevisionName> {
    const revision = await this.build(content);
    await this.bless(revision);
    return revision;
  }

  /** Adds the person's signature to what is there now. */
  sign(key: string, { sign }: Person): void {
    this.bucket.rewrite(key, ({ metadata, ...found }) => {
      const statement = this.statementOf(key, { metadata, ...found });
      return { metadata: { ...metadata, [nextSignatureName(metadata)]: sign(statement) } };
    });
  }

  statementOf(key: string, found: StoredObject): Statement {
    return statementOf({ bucket: this.bucket.name, key }, found);
  }

  async sync(machine: Context, options: SyncOptions = {}): Promise<PackageSync> {
    this.events.length = 0;
    const [result] = await sync(machine, { packages: ["a"], ...options });
    if (result === undefined) throw new Error("nothing was synced");
    return result;
  }

  /** The exit codes and messages of what failed. */
  static failures({ failures }: Pick<PackageSync, "failures">): string[] {
    return failures.map((error) => `${(error as { exitCode?: number }).exitCode} ${error.message}`);
  }
}

export function dirOf({ config }: Context): PackageDir {
  return new PackageDir(config.root, A);
}

export const idOf = (name: RevisionName): RevisionId => toRevision(name).id;

/** The key of a revision that `build` made. */
export function keyOf(revision: RevisionName): string {
  return `${revision}.tgz`;
}
