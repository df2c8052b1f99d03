/** A fleet whose machines have `FTL_TRUST`, the people who sign in it, and somebody who attacks it. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { aPerson, lineOf, type Person } from "../trust/people.ts";
import { Attacker } from "./attacker.ts";
import { Fleet, type Machine } from "./fleet.ts";

type Env = Readonly<Record<string, string>>;

/** What a machine must not be made to do, and must say. */
export interface Expected {
  /** The revision that runs before and after. Undefined: none. */
  readonly runs: string | undefined;
  /** In what the sync prints. */
  readonly why: string;
  /** What is not trusted. After a trusted pointer FTL remembers it, and refuses the object that it names. */
  readonly what?: "pointer" | "object";
  /** How many syncs must end so. */
  readonly syncs?: number;
}

export class TrustingFleet implements AsyncDisposable {
  readonly ci = aPerson("ci@example.com");
  readonly ann = aPerson("ann@example.com");
  readonly bob = aPerson("bob@example.com");
  /** Whom nobody trusts. */
  readonly eve = aPerson("eve@example.com");
  readonly attacker: Attacker;
  readonly trustFile: string;

  private constructor(readonly fleet: Fleet) {
    this.attacker = new Attacker(fleet);
    this.trustFile = fleet.folder.write(
      "allowed_signers",
      [
        lineOf(this.ci, 'namespaces="ftl-spool:*"'),
        lineOf(this.ann, 'namespaces="ftl-bless:*"'),
        lineOf(this.bob, 'namespaces="ftl-bless:*"'),
      ].join("\n"),
    );
  }

  static async start(): Promise<TrustingFleet> {
    return new TrustingFleet(await Fleet.start());
  }

  /** A machine that wants the package `a`, and trusts the file. */
  machine(name: string, env: Env = {}): Machine {
    return this.fleet.machine(name, ["a"], {
      FTL_TRUST: this.trustFile,
      FTL_MACHINE: name,
      ...env,
    });
  }

  /** The variables of a person who signs. */
  as({ privateKey }: Person, env: Env = {}): Env {
    return { FTL_SIGN_KEY: privateKey, FTL_TRUST: this.trustFile, ...env };
  }

  /** An archive of `a` whose scripts tell that they have run. All have the same size. */
  pack(name: string): Promise<string> {
    return this.fleet.pack("a.tar", {
      version: name,
      "post-sync.sh": this.#telling(name),
      "post-jump.sh": this.#telling(name),
    });
  }

  #telling(name: string): string {
    return `#!/bin/sh\necho ${name} >> ${this.fleet.folder.path}/ran\n`;
  }

  /** A revision of `a` in S3, signed by CI. */
  async build(name: string): Promise<string> {
    return await this.fleet.ok(["spool", await this.pack(name)], { env: this.as(this.ci) });
  }

  /** Blesses a revision, signed by Ann or by somebody else. */
  async bless(revision: string, by = this.ann, env: Env = {}): Promise<void> {
    await this.fleet.ok(["jump", "--master", revision], { env: this.as(by, env) });
  }

  async release(name: string): Promise<string> {
    const revision = await this.build(name);
    await this.bless(revision);
    return revision;
  }

  /** The names of the archives whose scripts ran, each once. */
  get ran(): string[] {
    try {
      const told = Deno.readTextFileSync(`${this.fleet.folder.path}/ran`).trim().split("\n");
      return [...new Set(told)].sort();
    } catch {
      return [];
    }
  }

  /** The keys of `a` that were read, or looked at, since the log was cleared. */
  asked(operation: "GetObject" | "HeadObject"): string[] {
    return this.fleet.server.log.filter((one) => one.operation === operation)
      .map(({ key = "" }) => key);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.attacker[Symbol.dispose]();
    return this.fleet[Symbol.asyncDispose]();
  }

  /** A sync that must end well. Returns what it prints to stderr. */
  async syncs(machine: Machine, runs: string | undefined): Promise<string> {
    const { code, stderr } = await machine.ftl(["sync"]);
    assertEquals([code, active(machine)], [0, runs], stderr);
    return stderr;
  }

  /**
   * A sync must end with exit code 5, and change nothing: what runs, what is here, which scripts ran, and, for a
   * pointer, what FTL remembers.
   */
  async refuses(
    machine: Machine,
    { runs, why, what = "pointer", syncs = 1 }: Expected,
  ): Promise<void> {
    const before = this.#stateOf(machine, what);
    for (let i = 0; i < syncs; i++) {
      const { code, stderr } = await machine.ftl(["sync"]);
      assertEquals([code, active(machine)], [5, runs], stderr);
      assertStringIncludes(stderr, why);
      assertEquals(this.#stateOf(machine, what), before, stderr);
    }
  }

  #stateOf(machine: Machine, what: "pointer" | "object"): unknown {
    const kept = what === "object" ? [] : ["master.json", "trust.json"].map((name) => {
      return machine.names("a/.ftl").includes(name) ? machine.read(`a/.ftl/${name}`) : undefined;
    });
    const folders = ["a/revs", "a/.ftl/staging"].map((path) => machine.names(path));
    return [...folders, machine.link("a/previous"), this.ran, ...kept];
  }
}

/** The revision of `a` that runs. */
export function active(machine: Machine): string | undefined {
  return machine.link("a/current")?.replace("revs/", "a.");
}

/** The key of a revision that `build` made. */
export function keyOf(revision: string): string {
  return `${revision}.tar`;
}
