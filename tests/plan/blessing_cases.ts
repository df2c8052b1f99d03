/** Pointers and changes of them, for tests of what a change decides. */
import { assert } from "../assert.ts";
import {
  blessForAll,
  type BlessingChange,
  type StageRequest,
  stageRollout,
} from "../../src/plan/blessing.ts";
import { parseRollout, type Rollout } from "../../src/revision/rollout.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import type { Blessing, Candidate } from "../../src/revision/pointer.ts";
import { anId, aPackage } from "../names.ts";

export const SITE = aPackage("my_site");

export const [OLD, B, N, C] = ["VZ4vQk8aR4G", "VZ5vQk8aR4G", "VZ6vQk8aR4G", "VZ7vQk8aR4G"].map(
  anId,
) as [
  RevisionId,
  RevisionId,
  RevisionId,
  RevisionId,
];
export const ID = 1795615200123;
/** Unix seconds. */
export const AT = 1795615200;
/** The serial of the change. */
export const SERIAL = ID + 5000;

export function candidate(id: RevisionId): Candidate {
  return { id, object: { key: `my_site.${id}.tgz`, sha256: undefined, size: 1 } };
}

export function pointer(words?: string): Blessing {
  const rollout = words === undefined ? {} : {
    next: candidate(N),
    rollout: parseRollout(`id=${ID} at=${AT} ${words}`),
  };
  const note = { by: "ann@laptop" };
  return { ...candidate(B), replaced: OLD, note, serial: ID, since: ID - 1, ...rollout };
}

export const NOW = AT * 1000;
export const facts = (old: Blessing | undefined, now = NOW) => ({
  ...{ package: SITE, old, serial: SERIAL, now, halted: false },
});

export function forAll(id: RevisionId, old?: Blessing, again = false): BlessingChange | undefined {
  return blessForAll(candidate(id), { ...facts(old), again });
}

interface Staged {
  readonly old?: Blessing;
  readonly again?: boolean;
  readonly living?: readonly string[];
  readonly now?: number;
}

export function stage(
  id: RevisionId,
  request: StageRequest,
  { old = pointer(), again = false, living = [], now = NOW }: Staged = {},
): BlessingChange {
  const machines = living.map((machine) => ({ machine, host: undefined, groups: [] }));
  return stageRollout(candidate(id), { ...facts(old, now), request, again, living: machines });
}

export function rolloutOf(change: BlessingChange): Rollout {
  assert(change.rollout !== undefined);
  return change.rollout;
}
