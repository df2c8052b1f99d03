/** Rollouts from the side of the person, without machines. */
import { stageMaster, type StageRequest } from "../../mod.ts";
import { REPORTS_PREFIX } from "../../src/revision/keys.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { formatReport } from "../../src/revision/report.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** A developer who rolls out, on a bucket in memory. */
export class StagingFleet extends MemoryFleet {
  constructor() {
    super();
    // Each look at the clock is another second, so that no write waits for the next one.
    this.bucket.now = () => this.now += 1000;
  }

  async stage(revision: string, request: StageRequest, message?: string): Promise<void> {
    const note = message === undefined ? {} : { message };
    await stageMaster(this.context(), revision, { ...note, request });
  }

  async metadata(): Promise<Readonly<Record<string, string>>> {
    return (await this.bucket.head("a.rev"))?.metadata ?? {};
  }

  /** The candidate and the words, without what is different in each run. */
  async rollout(): Promise<string> {
    const { "ftl-next": next = "-", "ftl-rollout": words = "-" } = await this.metadata();
    return `${next} ${words.replace(/id=\d+ /, "").replace(/ at=\d+/, "")}`;
  }

  /** Makes machines report that they have the package. */
  async reports(machines: readonly string[], groups: readonly string[] = []): Promise<void> {
    const found = { state: "ok" as const, ...NOTHING };
    for (const machine of machines) {
      const text = formatReport({
        ...{ machine, host: `host-of-${machine}`, groups, ftl: "0.2.0", arch: "x86_64" },
        ...{ every: 3600, at: new Date(this.now).toISOString(), truncated: false },
        packages: new Map([[aPackage("a"), found]]),
      });
      await this.bucket.put(`${REPORTS_PREFIX}${machine}`, text, { metadata: {} });
    }
  }

  get text(): Promise<string | undefined> {
    return this.bucket.getSmall("a.rev").then((found) => found?.text);
  }

  async revisions(count: number): Promise<RevisionName[]> {
    const names: RevisionName[] = [];
    for (let i = 0; i < count; i++) names.push(await this.spool("a.tgz", `${i}`));
    return names;
  }
}

/** A machine that has the package, and no more. */
const NOTHING = {
  ...{ active: undefined, since: undefined, previous: undefined, want: undefined },
  ...{ serial: undefined, rollout: undefined, trust: undefined, error: undefined },
};

export const idOf = (name: string): string => name.slice("a.".length);
