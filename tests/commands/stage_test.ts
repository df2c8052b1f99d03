/** Rollouts from the side of the person: what is written, told, refused, and kept in the history. */
import { history, jumpBackMaster, jumpMaster, stageMaster, type StageRequest } from "../../mod.ts";
import { ConflictError, UsageError } from "../../src/errors.ts";
import { REPORTS_PREFIX } from "../../src/revision/keys.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { formatReport } from "../../src/revision/report.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

class StagingFleet extends MemoryFleet {
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
  ...{ serial: undefined, rollout: undefined, error: undefined },
};

const idOf = (name: string): string => name.slice("a.".length);

Deno.test("a rollout from its first step to its end leaves each step in the history", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old, { message: "the first one" });
  await fleet.stage(next, { size: { percent: 10 } }, "canary");
  assertEquals([await fleet.text, await fleet.rollout()], [old, `${idOf(next)} cut=0.1 halt=1`]);
  const { "ftl-serial": first, "ftl-blessed": since } = await fleet.metadata();
  await fleet.stage(next, { over: 7200 });
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=0.1 over=7200 halt=1`);
  const second = await fleet.metadata();
  assert(Number(second["ftl-serial"]) > Number(first));
  assertEquals(second["ftl-blessed"], since);
  await jumpMaster(fleet.context(), next);
  const last = await fleet.metadata();
  assertEquals([await fleet.text, last["ftl-replaced"], last["ftl-next"]], [
    next,
    idOf(old),
    undefined,
  ]);
  // Its quarantines stay in force.
  assertEquals(last["ftl-blessed"], first);

  const { changes } = await history(fleet.context(), "a");
  assertEquals(
    changes.map(({ action, blessed, before, next, percent, over, message, by, done }) =>
      [action, blessed, before, next, percent, over, message, by, done].map((one) => one ?? "-")
        .join(" ")
    ),
    [
      `blessed ${next} ${old} - - - - dev@laptop true`,
      `rollout ${old} ${old} ${next} 10 7200 - dev@laptop true`,
      `rollout ${old} ${old} ${next} 10 - canary dev@laptop true`,
      `blessed ${old} - - - - the first one dev@laptop true`,
    ],
  );
});

Deno.test("jump-back stops a rollout, and refuses to go back once more", async () => {
  using fleet = new StagingFleet();
  const [first = "", old = "", next = ""] = await fleet.revisions(3);
  for (const revision of [first, old]) await jumpMaster(fleet.context(), revision);
  await fleet.stage(next, { size: { percent: 50 } });
  const back = await jumpBackMaster(fleet.context(), "a", { message: "it is slow" });
  assertEquals([back.revision, back.from], [old, next]);
  const { "ftl-stopped": stopped, "ftl-next": candidate } = await fleet.metadata();
  assertEquals([await fleet.text, stopped, candidate], [old, idOf(next), undefined]);
  const refused = await assertRejects(() => jumpBackMaster(fleet.context(), "a"), UsageError);
  assertMatch(refused.message, /was stopped already: a\.\S+ is blessed$/);
  assertEquals(refused.hint, `To go further back: ftl jump --master ${first}`);
  await jumpMaster(fleet.context(), next);
  assertEquals((await jumpBackMaster(fleet.context(), "a")).revision, old);
  const { changes: [, , change] } = await history(fleet.context(), "a");
  assertEquals([change?.action, change?.next, change?.message], ["stopped", next, "it is slow"]);
  const ended = fleet.events.flatMap((event) => event.type === "rollout-ended" ? [event] : []);
  assertEquals(ended.map(({ revision, percent }) => [revision, percent]), [[next, 50]]);
});

Deno.test("two steps of a rollout at the same moment: one is made, the other is told of it", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.stage(next, { size: { percent: 10 } });
  const steps = [20, 30].map((percent) => fleet.stage(next, { size: { percent } }));
  const results = await Promise.allSettled(steps);
  const lost = results.filter((one) => one.status === "rejected");
  assertEquals(lost.length, 1);
  assert(lost[0]?.reason instanceof ConflictError, String(lost[0]?.reason));
  const won = results[0]?.status === "fulfilled" ? "0.2" : "0.3";
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=${won} halt=1`);
});

Deno.test("a stop and a step at the same moment: neither undoes the other unseen", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.stage(next, { size: { percent: 10 } });
  const results = await Promise.allSettled([
    jumpBackMaster(fleet.context(), "a"),
    fleet.stage(next, { size: { percent: 90 } }),
  ]);
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  const { "ftl-stopped": stopped, "ftl-next": candidate } = await fleet.metadata();
  assertEquals([stopped, candidate].filter((one) => one !== undefined), [idOf(next)]);
});

Deno.test("a writer that was killed in between is replaced after half a minute", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const { "ftl-serial": serial } = await fleet.metadata();
  const key = `.ftl/history/a/${serial}`;
  const entry = { schema: 1, action: "blessed", serial: 1, blessed: idOf(next), by: "eve@laptop" };
  await fleet.bucket.put(key, JSON.stringify(entry), { metadata: {} });
  const { changes: [pending] } = await history(fleet.context(), "a");
  const known = (await history(fleet.context(), "a")).changes.find(({ by }) => by === "eve@laptop");
  assertEquals([known?.done, pending?.done], [false, true]);
  fleet.now += 31_000;
  await jumpMaster(fleet.context(), next);
  assertEquals(await fleet.text, next);
  assertEquals((await history(fleet.context(), "a")).changes.map(({ by }) => by), [
    "dev@laptop",
    "dev@laptop",
  ]);
});

Deno.test("without the right to write a history a blessing goes on, with a warning", async () => {
  using fleet = new StagingFleet();
  const [old = ""] = await fleet.revisions(1);
  fleet.bucket.deny("put", 1);
  await jumpMaster(fleet.context(), old);
  assertEquals(await fleet.text, old);
  assertMatch(fleet.warnings[0] ?? "", /^The history of a is not kept: put is denied/);
});

Deno.test("machines that report are counted: the share of a few is exact, and they are named", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1", "i-2", "i-3"]);
  const told = () => {
    const last = fleet.events.findLast((event) => event.type === "rollout");
    return [last?.percent, last?.of, last?.machines.length];
  };
  await fleet.stage(next, { size: { percent: 10 } });
  assertEquals(told(), [10, 3, 1]);
  assertMatch(await fleet.rollout(), /cut=0\.\d+ share=0\.1 halt=1 of=3$/);
  await fleet.stage(next, { size: { machines: 2 } });
  assertEquals(told(), [66.66, 3, 2]);
  // A pause is in a hurry: it reads no report, and who may take it stays known.
  await fleet.stage(next, { pause: true });
  assertEquals(told(), [66.66, 3, 0]);
  await fleet.reports(["i-4"], ["canary"]);
  await fleet.stage(next, { size: { percent: 0 }, groups: ["canary"] });
  const last = fleet.events.findLast((event) => event.type === "rollout");
  assertEquals(last?.machines.map(({ machine, host }) => [machine, host]), [[
    "i-4",
    "host-of-i-4",
  ]]);
  assertEquals(fleet.warnings, []);
});

Deno.test("a machine that has not reported for three times its interval is not counted", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1"]);
  fleet.now += 3 * 3600_000;
  await fleet.reports(["i-2"]);
  await fleet.stage(next, { size: { percent: 100 } });
  assertMatch(await fleet.rollout(), / of=1$/);
});

Deno.test("without reports a number of machines is refused, and a share is left to chance", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const asked = () => fleet.stage(next, { size: { machines: 2 } });
  const refused = await assertRejects(asked, UsageError);
  assertMatch(refused.message, /^No machine has reported a, so FTL cannot choose any$/);
  await fleet.stage(next, { size: { percent: 100 } });
  assertEquals(fleet.warnings, []);
  await fleet.stage(next, { size: { percent: 50 } });
  assertMatch(fleet.warnings[0] ?? "", /its share is left to chance/);
});

Deno.test("reports that may not be read are a warning, and no step waits for them", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1"]);
  fleet.bucket.deny("listPage", 1);
  await fleet.stage(next, { size: { percent: 50 } });
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=0.5 halt=1`);
  assertMatch(fleet.warnings[0] ?? "", /^Which machines there are is not known: /);
});

Deno.test("turns of more than 500 machines are a warning", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const machines = Array.from({ length: 501 }, (_, i) => `i-${i}`);
  await fleet.reports(machines.slice(1));
  await fleet.stage(next, { size: { percent: 50 }, atOnce: 2 });
  assertEquals(fleet.warnings, []);
  await fleet.reports(machines);
  await fleet.stage(next, { size: { percent: 50 }, atOnce: 2 });
  assertMatch(fleet.warnings[0] ?? "", /each of the 501 machines that waits for its turn/);
});
