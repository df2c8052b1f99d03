/**
 * FTL's own files on a machine as anything may have damaged them: each is read as what FTL could have written, or counts
 * as lost, and no sync ends as a fault of FTL's own. The file is long because each of them has its form here.
 */
import fc from "fast-check";
import { status } from "../../mod.ts";
import { FtlError } from "../../src/errors.ts";
import { readFailing } from "../../src/machine/failing.ts";
import { readHold, writeHolds } from "../../src/machine/jump/hold.ts";
import { readJournal, revisionsOf, writeJournal } from "../../src/machine/jump/journal.ts";
import { addQuarantine, readQuarantines } from "../../src/machine/jump/quarantine.ts";
import { OWN_NAMES, type PackageDir } from "../../src/machine/package_dir.ts";
import { readSentReport } from "../../src/machine/report.ts";
import { readRolloutState, writeRolloutState } from "../../src/machine/rollout_state.ts";
import {
  readLastListing,
  readLastSync,
  readOwner,
  readPointerState,
  readReported,
  readRevisionState,
  writeLastListing,
  writePointerState,
  writeRevisionState,
} from "../../src/machine/state.ts";
import { readKnownBlessing } from "../../src/machine/trust/state.ts";
import { IDENTITY_SOURCES } from "../../src/plan/clone.ts";
import { isRevisionId, type RevisionId } from "../../src/revision/names.ts";
import { ACTIONS } from "../../src/revision/scripts.ts";
import { assert, assertEquals } from "../assert.ts";
import { dirOf, idOf, SignedFleet } from "../commands/signed_fleet.ts";
import { anId } from "../names.ts";
import { treeOf } from "../temp.ts";
import { TestMachine } from "../machine/machine.ts";
import { anyNumber, anyText, anyTime, INPUTS, SEED, spoiled, textOf } from "./hostile_values.ts";
import { announce } from "./report.ts";

announce(`hostile state: seed ${SEED}`);
const RUNS = { seed: SEED | 0, numRuns: INPUTS };

/** What the files may rightly name. */
interface Known {
  readonly ids: readonly RevisionId[];
  readonly version: string;
  readonly blessing: string;
}

type OwnFile = Exclude<
  keyof typeof OWN_NAMES,
  | "syncLock"
  | "candidatesLock"
  | "staging"
  | "aside"
  | "trash"
  | "spare"
  | "states"
  | "removing"
  | "logs"
>;

/**
 * The text of each file below `.ftl`, mostly as FTL writes it, with lies. The function is long because each file has its
 * form here.
 */
function filesOf(
  { ids, version, blessing }: Known,
): Record<OwnFile | "state" | "report", fc.Arbitrary<string>> {
  const id = fc.constantFrom<string>(...ids);
  const [name, yes] = [fc.constantFrom(blessing, "1"), fc.boolean()];
  const rollout = fc.constantFrom("id=1 cut=1 at=1", "id=1 cut=0 at=1 at-once=1 halt=1", "cut=2");
  const object = { key: id.map((one) => `a.${one}.tgz`), sha256: anyText, size: anyNumber };
  const list = (members: Parameters<typeof spoiled>[0]): fc.Arbitrary<string> =>
    textOf(fc.array(spoiled(members), { maxLength: 3 }));
  return {
    pointer: textOf(spoiled({
      ...{ schema: fc.constant(2), version: fc.constant(version), blessed: id, replaced: id },
      ...{
        serial: anyNumber,
        blessing: name,
        ...object,
        next: spoiled({ id, ...object }),
        rollout,
      },
      trust: spoiled({ verdict: fc.constant("trusted"), policy: anyText, by: fc.array(anyText) }),
    })),
    trust: textOf(spoiled({ serial: anyNumber, statement: anyText, at: anyTime })),
    hold: list({ id, blessed: id, version: fc.constant(version), blessing: name, rollout: name }),
    quarantine: list({ id, blessing: name, at: anyTime, reason: anyText }),
    journal: textOf(spoiled({
      ...{ from: id, to: id, previous: id, fallback: id, target: id, since: anyTime },
      action: fc.constantFrom(...ACTIONS),
      phase: fc.constantFrom("jump", "health", "rollback"),
      onBadHealth: fc.constantFrom("go-back", "stay"),
      ...{ seconds: anyNumber, tries: anyNumber, isFirst: yes, blessing: name },
      ...{ reason: anyText, log: anyText },
    })),
    rollout: textOf(spoiled({
      ...{ id: fc.constantFrom(1, 2), since: anyTime, turn: anyNumber, taken: yes, sent: yes },
      outcome: fc.constantFrom("ok", "failed"),
      ...{ haltedAt: anyTime, haltedBy: anyText, deniedAt: anyTime },
    })),
    listing: textOf(spoiled({ at: anyTime, ids: fc.array(id), shared: yes })),
    lastSync: textOf(spoiled({
      ...{ at: anyTime, failure: anyText, code: anyNumber, since: anyTime, count: anyNumber },
      ...{ isHealth: yes, trust: fc.constant("refused") },
    })),
    machine: textOf(spoiled({
      machine: fc.constantFrom("i-1", "i-2"),
      source: fc.constantFrom(...IDENTITY_SOURCES),
      host: anyText,
    })),
    reported: textOf(fc.array(anyText)),
    state: textOf(spoiled({
      postSync: fc.constantFrom("ok", "pending", "failed"),
      ...{ key: anyText, etag: anyText, sha256: anyText, size: anyNumber, fetchedAt: anyTime },
      ...{ tree: anyText, treeSigned: yes, how: fc.constant("spare"), moved: anyNumber },
      failedPostJump: spoiled({ at: anyTime, outcome: anyText, log: anyText }),
      failedHealth: spoiled({ at: anyTime, outcome: anyText, log: anyText }),
    })),
    report: textOf(spoiled({
      machine: fc.constantFrom("i-1", "i-2"),
      ...{ digest: anyText, sentAt: anyNumber, deniedAt: anyNumber, warnedAt: anyNumber },
    })),
  };
}

function requireIds(...ids: readonly (RevisionId | undefined)[]): void {
  for (const id of ids) assert(id === undefined || isRevisionId(id), id);
}

const HERE = anId("V00001");
const FILES = filesOf({ ids: [HERE, anId("V00002")], version: "a.rev 1 1000", blessing: "17" });

/**
 * A property of one file: what is read of it holds, and FTL can write that again, and reads the same then. Without
 * `write`, only that it is read.
 */
function readsAny<T>(
  what: string,
  file: OwnFile | "state" | "report",
  { read, write, check = () => {} }: {
    readonly read: (pkg: PackageDir) => T | undefined;
    readonly write?: (pkg: PackageDir, found: T) => void;
    readonly check?: (found: T) => void;
  },
): void {
  Deno.test(`any ${what} is read as one that FTL could have written, or counts as lost`, () => {
    using machine = new TestMachine();
    const { pkg } = machine;
    Deno.mkdirSync(pkg.states, { recursive: true });
    Deno.mkdirSync(`${pkg.root}/.ftl`);
    const path = file === "state"
      ? pkg.statePath(HERE)
      : file === "report"
      ? `${pkg.root}/.ftl/report.json`
      : pkg.ownPath(file);
    let taken = 0;
    fc.assert(
      fc.property(FILES[file], (text) => {
        Deno.writeTextFileSync(path, text);
        const found = read(pkg);
        if (found === undefined) return;
        taken++;
        check(found);
        // A flush takes longer than all else.
        if (write === undefined || taken % 20 !== 1) return;
        write(pkg, found);
        assertEquals(read(pkg), found);
      }),
      RUNS,
    );
    assert(taken > INPUTS / 10, `${taken} of ${INPUTS} were taken`);
  });
}

readsAny("pointer that a machine remembers", "pointer", {
  read: readPointerState,
  // Broken words are written as those of a paused rollout.
  write: (pkg, state) => {
    if (state.rollout?.broken === undefined) writePointerState(pkg, state);
  },
  check: ({ blessed, replaced, next, rollout }) => {
    requireIds(blessed, replaced, next?.id);
    assert(rollout?.broken === undefined || rollout.state === "paused");
  },
});
readsAny("hold", "hold", {
  read: (pkg) => readHold(pkg, HERE),
  write: (pkg, hold) => writeHolds(pkg, [hold]),
  check: ({ id, blessed }) => requireIds(id, blessed),
});
readsAny("quarantine", "quarantine", {
  read: (pkg) => readQuarantines(pkg)[0],
  write: addQuarantine,
  check: ({ id }) => requireIds(id),
});
readsAny("journal of a jump", "journal", {
  read: readJournal,
  write: writeJournal,
  check: (jump) => requireIds(...revisionsOf(jump)),
});
readsAny("part in a rollout", "rollout", {
  read: (pkg) => readRolloutState(pkg),
  write: writeRolloutState,
});
readsAny("listing that a machine remembers", "listing", {
  read: readLastListing,
  write: writeLastListing,
  check: ({ ids }) => requireIds(...ids),
});
readsAny("result of the last sync", "lastSync", {
  read: readLastSync,
  check: ({ at }) => assert(!Number.isNaN(Date.parse(at)), at),
});
readsAny("failures of the last syncs", "lastSync", {
  read: readFailing,
  check: ({ code, count }) => assert(Number.isFinite(code) && Number.isFinite(count)),
});
readsAny("owner of a package", "machine", { read: readOwner });
readsAny("list of leftovers", "reported", { read: readReported });
readsAny("blessing that was obeyed", "trust", {
  read: readKnownBlessing,
  check: ({ serial }) => assert(Number.isFinite(serial)),
});
readsAny("state of a revision", "state", {
  read: (pkg) => readRevisionState(pkg, HERE),
  write: (pkg, state) => writeRevisionState(pkg, HERE, state),
});
readsAny("report that a machine remembers", "report", { read: ({ root }) => readSentReport(root) });

Deno.test("any files of FTL's own leave a sync and a status with a designed end, and nothing is lost", async () => {
  using fleet = new SignedFleet();
  const env = { FTL_MACHINE: "i-1", FTL_REPORT: "3600", FTL_DELTA: "off" };
  const web = fleet.context("web", ["a"], env);
  const pkg = dirOf(web);
  const outside = fleet.folder("outside");
  fleet.write("outside/file", "untouched");
  const names = [await fleet.unsignedBuild("1"), await fleet.unsignedBuild("2")];
  const [old, blessed] = names.map(idOf) as [RevisionId, RevisionId];
  for (const name of names) {
    await fleet.blessUnsigned(name);
    assertEquals((await fleet.sync(web)).failures, []);
  }
  const { version = "", blessing = "" } = readPointerState(pkg) ?? {};
  const known = { ids: [old, blessed, anId("V00000")], version, blessing };
  const { state, report, ...own } = filesOf(known);
  const given = fc.record({ ...own, state, report }, { requiredKeys: [] });
  const actives = new Set<string | undefined>();
  const forgetAll = (): void => {
    for (const { name } of Deno.readDirSync(pkg.own)) {
      if (name.endsWith(".json")) Deno.removeSync(`${pkg.own}/${name}`);
    }
  };
  await fc.assert(
    fc.asyncProperty(given, async (texts) => {
      forgetAll();
      for (const [file, text] of Object.entries(texts)) {
        const path = file === "state"
          ? pkg.statePath(blessed)
          : file === "report"
          ? `${pkg.root}/.ftl/report.json`
          : pkg.ownPath(file as OwnFile);
        Deno.writeTextFileSync(path, text);
      }
      await status(web);
      const { failures, active } = await fleet.sync(web);
      for (const error of failures) if (!(error instanceof FtlError)) throw error;
      const here = Deno.readLinkSync(pkg.current);
      assert([old, blessed].some((id) => here === `revs/${id}`), here);
      actives.add(active);
      await status(web);
      assertEquals(treeOf(outside).length, 1);
    }),
    { ...RUNS, numRuns: Math.ceil(INPUTS / 20) },
  );
  assert(actives.size > 1, "some were obeyed");
  forgetAll();
  const { failures, active } = await fleet.sync(web, { follow: true });
  assertEquals([failures, active], [[], names[1]]);
});
