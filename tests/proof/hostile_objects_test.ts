/**
 * Small objects of the bucket as anybody may have written them: reports, pointers with rollouts, entries of the history,
 * marks. Whatever they say, they are read as what they can be, or as nothing. The file is long because each kind has its
 * form here.
 */
import fc from "fast-check";
import { history, sync } from "../../mod.ts";
import { historyDocument, historyLines } from "../../src/cli/text/history.ts";
import { fleetDocument } from "../../src/cli/text/fleet_documents.ts";
import { fleetLines } from "../../src/cli/text/fleet_table.ts";
import type { Paint } from "../../src/cli/terminal/paint.ts";
import { FtlError } from "../../src/errors.ts";
import { isMachineName } from "../../src/machine_name.ts";
import { judgeFleet } from "../../src/plan/fleet_view.ts";
import { percentAt } from "../../src/plan/machine_rollout.ts";
import { freeTurn, readMarks } from "../../src/plan/marks.ts";
import { cutAt, isIn } from "../../src/plan/rollout.ts";
import { historyPrefix } from "../../src/revision/keys.ts";
import { HIGHEST_TURN, markName, parseMark } from "../../src/revision/marks.ts";
import { encodeValue } from "../../src/revision/metadata.ts";
import { isPackageName, isRevisionId } from "../../src/revision/names.ts";
import { formatReport, LONGEST_ERROR, parseReport } from "../../src/revision/report.ts";
import { formatRollout, parseRollout } from "../../src/revision/rollout.ts";
import { assert, assertEquals } from "../assert.ts";
import { dirOf, idOf, SignedFleet } from "../commands/signed_fleet.ts";
import { aPackage } from "../names.ts";
import { AT, NEXT, NOW, OLD, SERIAL, SITE, staged, TIME } from "../plan/fleet_reports.ts";
import {
  anyNumber,
  anyRevisionId,
  anyText,
  anyTime,
  INPUTS,
  SEED,
  spoiled,
  textOf,
} from "./hostile_values.ts";
import { announce } from "./report.ts";

announce(`hostile objects: seed ${SEED}`);
const RUNS = { seed: SEED | 0, numRuns: INPUTS };
/** A sync takes longer than what the other properties try. */
const SYNCS = { ...RUNS, numRuns: Math.ceil(INPUTS / 10) };

const same = (text: string): string => text;
const paint: Paint = { bold: same, dim: same, good: same, bad: same, warning: same };
const TABLE = { columns: () => 100, paint, now: AT, all: true };

/** What is printed controls no terminal, and has as many columns as it should. */
function requirePrintable(lines: readonly string[], tabs?: number): void {
  for (const line of lines) {
    assert(!/[\p{Cc}\p{Cs}]/u.test(line.replaceAll("\t", "")), JSON.stringify(line));
    assert(tabs === undefined || line.split("\t").length === tabs + 1, JSON.stringify(line));
  }
}

const known = fc.constantFrom<string>(OLD, NOW, NEXT);
const reportedPackage = spoiled({
  state: fc.constantFrom("ok", "failing", "quarantine", "held", "behind", "another"),
  ...{ active: known, previous: known, want: known, since: anyTime },
  serial: fc.constantFrom(SERIAL, SERIAL - 1),
  rollout: fc.constant(`${SERIAL}`),
  trust: fc.constantFrom("trusted", "refused", "another"),
  how: fc.constantFrom("whole", "delta", "spare"),
  moved: anyNumber,
  error: spoiled({
    ...{ text: fc.oneof(anyText, fc.string({ maxLength: 300 })), since: anyTime },
    ...{ code: fc.nat(300), count: anyNumber },
  }),
});
const report = textOf(spoiled({
  schema: fc.constant(1),
  machine: fc.constant("i-1"),
  ...{ host: anyText, ftl: fc.constant("0.2.0"), arch: fc.constant("x86_64") },
  groups: fc.array(fc.oneof(fc.constant("canary"), anyText), { maxLength: 3 }),
  every: fc.constant(3600),
  at: fc.constant(TIME),
  packages: fc.dictionary(fc.oneof(fc.constant<string>(SITE), anyText), reportedPackage, {
    maxKeys: 3,
  }),
}));

Deno.test("any report has checked names and bounded texts, or is none, and what is shown of it is printable", () => {
  const pointer = staged("cut=0.5 halt=1 group=canary");
  let taken = 0;
  fc.assert(
    fc.property(report, (text) => {
      const found = parseReport(text);
      if (found !== undefined) {
        taken++;
        assert(isMachineName(found.machine) && found.groups.every(isMachineName));
        for (const [name, { active, previous, want, error }] of found.packages) {
          assert(isPackageName(name), name);
          for (const id of [active, previous, want]) assert(id === undefined || isRevisionId(id));
          assert((error?.text.length ?? 0) <= LONGEST_ERROR);
        }
        assertEquals(parseReport(formatReport(found)), found);
      }
      const reports = [{ machine: "i-1", seen: AT, report: found }];
      const { fleet } = judgeFleet({ package: SITE, at: AT, pointer, reports });
      requirePrintable(fleetLines(fleet, { ...TABLE, isTerminal: true }), 0);
      requirePrintable(fleetLines(fleet, { ...TABLE, isTerminal: false }));
      JSON.stringify(fleetDocument({ fleet, failures: [] } as never));
    }),
    RUNS,
  );
  assert(taken > INPUTS / 10 && taken < INPUTS, `${taken} reports were taken`);
});

const WORD = fc.constantFrom(
  ...["id", "cut", "share", "at", "over", "group", "at-once", "halt", "of", "state", "later", ""],
);
const right = fc.tuple(
  fc.constantFrom("cut=0", "cut=0.25", "cut=1", "cut=0.123456789"),
  fc.constantFrom("", " over=3600", " at-once=3", " halt=1", " group=canary,web", " share=0.1"),
  fc.constantFrom("", " over=9007199254740991", " of=3", " later=x", " state=paused"),
).map((words) => `id=${SERIAL} at=${AT / 1000} ${words.join("")}`);
const wrong = fc.array(fc.tuple(WORD, fc.oneof(anyText, anyNumber.map(String))), { maxLength: 4 })
  .map((pairs) => pairs.map((pair) => pair.join("=")).join(" "));
const words = fc.oneof(
  right,
  fc.tuple(right, wrong).map((parts) => parts.join(" ")),
  fc.tuple(wrong, right).map((parts) => parts.join(" ")),
  wrong,
);

Deno.test("any words of a rollout are right, or let no other machine in; shares are shares at any time", () => {
  const seen = new Set<string>();
  const member = { package: SITE, machine: "i-1", groups: ["canary"], active: NOW, next: NEXT };
  fc.assert(
    fc.property(words, anyNumber, (text, now) => {
      const rollout = parseRollout(text);
      seen.add(rollout.broken === undefined ? rollout.state : "broken");
      if (rollout.broken !== undefined) assertEquals(rollout.state, "paused");
      if (rollout.state === "paused") assert(!isIn(rollout, { ...member, now }));
      const [cut, percent] = [cutAt(rollout, now), percentAt(rollout, now)];
      assert(cut >= rollout.cut && cut <= 1, `${cut}`);
      assert(percent >= 0 && percent <= 100, `${percent}`);
      const again = parseRollout(formatRollout(rollout));
      assertEquals(again.state, rollout.state);
      if (rollout.broken === undefined) assertEquals(again, rollout);
    }),
    RUNS,
  );
  assertEquals([...seen].sort(), ["broken", "paused", "running"]);
});

Deno.test("any pointer leads a machine to what it names, or nowhere, and the sync has a designed end", async () => {
  using fleet = new SignedFleet();
  const web = fleet.context("web", ["a"], { FTL_DELTA: "off" });
  const [first, second, third] = [
    await fleet.unsignedBuild("1"),
    await fleet.unsignedBuild("2"),
    await fleet.unsignedBuild("3"),
  ];
  await fleet.blessUnsigned(first);
  assertEquals((await fleet.sync(web)).active, first);
  const ids = fc.constantFrom<string>(...[first, second, third].map(idOf), "V00000");
  const metadata = spoiled({
    "ftl-replaced": ids,
    "ftl-next": ids,
    "ftl-rollout": words.map(encodeValue),
    "ftl-serial": anyNumber.map(String),
    "ftl-blessed": anyNumber.map(String),
    "ftl-key": ids.map((id) => `a.${id}.tgz`),
    "ftl-next-key": ids.map((id) => `a.${id}.tgz`),
    "ftl-size": anyNumber.map(String),
    "ftl-stopped": ids,
  }).map((found) =>
    Object.fromEntries(
      Object.entries(found).map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)]),
    )
  );
  const content = fc.oneof(ids, ids.map((id) => ` a.${id}\n`), anyText, anyRevisionId);
  const actives = new Set<string>();
  await fc.assert(
    fc.asyncProperty(content, metadata, async (text, metadata) => {
      fleet.tick();
      await fleet.bucket.put("a.rev", text, { metadata });
      const [result] = await sync(web).catch((error): [] => {
        if (error instanceof FtlError) return [];
        throw error;
      });
      for (const error of result?.failures ?? []) if (!(error instanceof FtlError)) throw error;
      const { activated } = result ?? {};
      const name = text.trim().replace(/^a\./, "");
      const named = [name, metadata["ftl-next"] ?? ""];
      assert(activated === undefined || named.some((id) => activated === `a.${id}`), activated);
      actives.add(`${result?.active}`);
      const own = dirOf(web).revisions();
      assert(own.every((id) => [first, second, third].map(idOf).includes(id)), `${own}`);
    }),
    SYNCS,
  );
  for (const name of [first, second, third]) assert(actives.has(name), `${name} never ran`);
  await fleet.blessUnsigned(second);
  assertEquals((await fleet.sync(web)).active, second);
});

const entry = textOf(spoiled({
  schema: fc.constant(1),
  action: fc.constantFrom("blessed", "rollout", "stopped", "restored"),
  serial: fc.constant(SERIAL),
  ...{ blessed: known, before: known, next: known, rollout: words },
  ...{ by: anyText, at: fc.oneof(anyTime, anyText), message: anyText },
}));

Deno.test("any entry of the history is shown in printable lines, or left out", async () => {
  using fleet = new SignedFleet();
  await fleet.blessUnsigned(await fleet.unsignedBuild("1"));
  const context = fleet.context();
  const key = `${historyPrefix(aPackage("a"))}1`;
  const [own] = (await history(context, "a")).changes;
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(entry, async (text) => {
      await fleet.bucket.put(key, text, { metadata: {} });
      const found = await history(context, "a");
      const others = found.changes.filter(({ at }) => at !== own?.at);
      assert(found.changes.length <= 2);
      taken += others.length;
      for (const { percent } of others) {
        assert(percent === undefined || (percent >= 0 && percent <= 100), `${percent}`);
      }
      requirePrintable(historyLines(found, { ...TABLE, isTerminal: true }), 0);
      requirePrintable(historyLines(found, { ...TABLE, isTerminal: false }), 3);
      JSON.stringify(historyDocument(found));
    }),
    RUNS,
  );
  assert(taken > INPUTS / 10 && taken < INPUTS, `${taken} entries were taken`);
});

const mark = fc.oneof(
  fc.tuple(fc.constantFrom("try", "ok", "failed", "turn"), fc.constantFrom("a", "b", "000001"))
    .map((parts) => parts.join("/")),
  fc.tuple(fc.constantFrom("ok/a~", "failed/b~", "turn/00000", "turn/"), anyNumber.map(String))
    .map((parts) => parts.join("")),
  anyText,
  anyText.map((text) => `try/${text}`),
);

Deno.test("any marks name machines and turns, what is no mark counts for nothing, and no turn is taken twice", () => {
  const times = fc.oneof(fc.constantFrom(AT, AT - 60_000, AT - 3_600_000, 0), anyNumber);
  const listed = fc.uniqueArray(fc.record({ name: mark, modified: times }), {
    selector: ({ name }) => name,
    maxLength: 12,
  });
  fc.assert(
    fc.property(listed, (all) => {
      const marks = readMarks(all, AT);
      assertEquals(readMarks(all.filter(({ name }) => parseMark(name) !== undefined), AT), marks);
      for (const name of [...marks.confirmed, ...marks.failed, ...marks.trying]) {
        assert(/^[A-Za-z0-9_.:@-]{1,128}$/.test(name), name);
      }
      for (const turn of [...marks.unfinished, ...marks.silentTurns]) {
        assert(Number.isSafeInteger(turn) && turn > 0 && turn <= marks.highest, `${turn}`);
      }
      const turn = freeTurn(marks, { atOnce: 2 });
      if (turn === undefined) {
        assert(marks.unfinished.length >= 2 || marks.highest >= HIGHEST_TURN);
        return;
      }
      const name = markName({ kind: "turn", turn });
      assert(marks.unfinished.length < 2 && all.every((one) => one.name !== name), name);
      assertEquals(parseMark(name), { kind: "turn", turn });
    }),
    RUNS,
  );
});
