/** The facts that a sync is planned by. */
import { assertEquals } from "../assert.ts";
import { gatherFacts } from "../../src/machine/facts.ts";
import { writeHolds } from "../../src/machine/jump/hold.ts";
import { writeLinks } from "../../src/machine/links.ts";
import type { PostSync } from "../../src/plan/sync.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { anId } from "../names.ts";
import { TestMachine } from "./machine.ts";

const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

Deno.test("gatherFacts() combines the facts from S3 and from the machine", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  machine.addRevision(OLD);
  machine.addRevision(NEW, { postSync: "failed" });
  writeLinks(pkg, { current: OLD, previous: NEW });
  const hold = { id: OLD, blessed: NEW, version: "1", blessing: "7", rollout: "9" };
  writeHolds(pkg, [hold]);
  const given = {
    remote: { revisions: [{ id: NEW }] },
    pointer: { schema: 2, version: "1", blessed: NEW, replaced: OLD, blessing: "7" },
    me: { machine: "i-1" },
    config: { keep: 3, groups: [] },
    follow: false,
    now: 0,
  } as const;
  const { facts, effective } = gatherFacts(pkg, given);
  assertEquals(effective, { blessed: NEW, replaced: OLD, blessing: "7" });
  assertEquals(facts, {
    remote: [NEW],
    local: new Map<RevisionId, PostSync>([[OLD, "ok"], [NEW, "failed"]]),
    blessed: NEW,
    replaced: OLD,
    candidate: undefined,
    active: OLD,
    previous: NEW,
    hold,
    quarantined: new Set<RevisionId>(),
    isPaused: false,
    jumping: [],
    keep: 3,
  });
  assertEquals(gatherFacts(pkg, { ...given, follow: true }).facts.hold, undefined);
  assertEquals(gatherFacts(pkg, { ...given, own: pkg.ownNames() }).facts, facts);
});
