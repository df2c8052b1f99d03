/** What a machine remembers of its part in a rollout. */
import { assertEquals } from "../assert.ts";
import {
  outcomeHere,
  readRolloutState,
  type RolloutState,
  writeRolloutState,
} from "../../src/machine/rollout_state.ts";
import { writeLinks } from "../../src/machine/links.ts";
import { addQuarantine } from "../../src/machine/jump/quarantine.ts";
import { rememberOutcome } from "../../src/machine/jump/outcomes.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { anId } from "../names.ts";
import { TestMachine } from "./machine.ts";

const [OLD, NEXT] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];
const ID = 1795615200123;
const AT = "2026-11-25T14:00:00.000Z";
const EMPTY = { since: undefined, turn: undefined, isTaken: false, outcome: undefined };
const NOTHING: RolloutState = {
  id: ID,
  ...EMPTY,
  isSent: false,
  halt: undefined,
  deniedAt: undefined,
};

Deno.test("what is remembered of a rollout is read again, and nothing of another one", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  const states: Partial<RolloutState>[] = [
    {},
    { since: AT, turn: 17, isTaken: true },
    { since: AT, outcome: "ok", isSent: true },
    { outcome: "failed", deniedAt: AT },
    { halt: { at: Date.parse(AT), pointer: "a.rev 1 2" } },
  ];
  for (const state of states) {
    writeRolloutState(pkg, { id: ID, ...state });
    assertEquals(readRolloutState(pkg, ID), { ...NOTHING, ...state });
    assertEquals(readRolloutState(pkg, ID + 1), undefined);
  }
  writeRolloutState(pkg, undefined);
  assertEquals(readRolloutState(pkg), undefined);
});

Deno.test("values that FTL did not write count as absent", () => {
  using machine = new TestMachine();
  const junk = { id: ID, turn: "17", taken: 1, outcome: "well", sent: "yes", haltedAt: "noon" };
  Deno.writeTextFileSync(machine.pkg.ownPath("rollout"), JSON.stringify({ ...junk, deniedAt: 7 }));
  assertEquals(readRolloutState(machine.pkg, ID), NOTHING);
  Deno.writeTextFileSync(machine.pkg.ownPath("rollout"), JSON.stringify({ ...junk, id: "1" }));
  assertEquals(readRolloutState(machine.pkg), undefined);
});

/** The candidate, with these scripts, is active or not. */
function machineWith(scripts: readonly string[], { active = NEXT } = {}): TestMachine {
  const machine = new TestMachine();
  machine.addRevision(OLD);
  machine.addRevision(NEXT, { scripts });
  writeLinks(machine.pkg, { current: active });
  return machine;
}

Deno.test("how the candidate did is read from the disk", () => {
  const staged = {
    next: { id: NEXT, object: undefined },
    rollout: parseRollout(`id=${ID} cut=1 at=1`),
  };
  const failed = { at: AT, outcome: "exit 1" };
  const at = (machine: TestMachine): string | undefined => outcomeHere(machine.pkg, staged);
  {
    using machine = machineWith([], { active: OLD });
    assertEquals(at(machine), undefined, "it is not active");
    addQuarantine(machine.pkg, { id: NEXT, blessing: String(ID + 1), at: AT, reason: "" });
    assertEquals(at(machine), undefined, "it failed in another rollout");
    addQuarantine(machine.pkg, { id: NEXT, blessing: String(ID), at: AT, reason: "" });
    assertEquals(at(machine), "failed", "it went back");
  }
  for (
    const [scripts, of, due] of [
      [["post-jump"], undefined, "ok"],
      [["post-jump"], "failedPostJump", "failed"],
      [["post-jump", "health"], "failedPostJump", "ok"],
      [["post-jump", "health"], "failedHealth", "failed"],
    ] as const
  ) {
    using machine = machineWith(scripts);
    if (of !== undefined) rememberOutcome(machine.pkg, NEXT, { of, failed });
    assertEquals(at(machine), due, `${scripts} ${of}`);
  }
});
