/** What people and programs see of machines that check signatures. */
import { assertEquals } from "../../assert.ts";
import { fleetLines, fleetsLines } from "../../../src/cli/text/fleet_table.ts";
import { fleetDocument } from "../../../src/cli/text/fleet_documents.ts";
import { documentText } from "../../../src/cli/text/documents.ts";
import { paintFor } from "../../../src/cli/terminal/paint.ts";
import type { Fleet, FleetMachine } from "../../../src/plan/fleet.ts";
import { readDocument } from "../../documents.ts";
import { fleetOf, machine } from "./fleet_example.ts";

const paint = paintFor({ color: false });
const PEOPLE = { isTerminal: true, columns: () => 200, paint, now: 0, all: false };
const PROGRAM = { ...PEOPLE, isTerminal: false };

function judging(trust: FleetMachine["trust"], more: Partial<FleetMachine> = {}): FleetMachine {
  return machine(1, { trust, ...more });
}

const FLEET = fleetOf([
  judging("trusted", { machine: "i-1" }),
  judging("unsigned", { machine: "i-2" }),
  judging("too-few", { machine: "i-3" }),
  judging("unsigned", { machine: "i-4", state: "failing" }),
  judging(undefined, { machine: "i-5" }),
]);
const UNCHECKED = fleetOf([machine(1), machine(2)]);

Deno.test("people see how many machines would refuse what is blessed, and each of them, also if it runs it", () => {
  const [, numbers, signatures, , ...rows] = fleetLines(FLEET, PEOPLE);
  assertEquals(numbers, "  5 machines: 4 run it, 1 fails to sync");
  assertEquals(
    signatures,
    "  signatures: 1 machine trusts what is blessed; 3 would refuse it: 2 unsigned, 1 too-few",
  );
  assertEquals(rows.map((line) => line.split(/ {2,}/).filter((_, i) => i === 1 || i === 4)), [
    ["i-2", "ok, unsigned"],
    ["i-3", "ok, too-few"],
    ["i-4", "failing, unsigned"],
    ["--all shows the 2 that are in line"],
  ]);
  const [line = ""] = fleetsLines([FLEET], PEOPLE);
  assertEquals(
    line.slice(line.indexOf("  3")),
    "  3 machines would refuse what is blessed: 2 unsigned, 1 too-few",
  );
});

const WORDS: [trust: Fleet["trust"], words: string][] = [
  [{ trusted: 28 }, "28 machines trust what is blessed"],
  [{ refused: 3 }, "3 machines would refuse what is blessed: refused"],
  [{ older: 1 }, "1 machine would refuse what is blessed: older"],
  [{ trusted: 2, another: 1 }, "2 machines trust what is blessed; 1 would refuse it: another"],
];

for (const [trust, words] of WORDS) {
  Deno.test(`the head says: ${words}`, () => {
    assertEquals(fleetLines({ ...FLEET, trust }, PEOPLE)[2], `  signatures: ${words}`);
  });
}

Deno.test("programs get a column about signatures only where a machine checks them", () => {
  const columns = (fleet: Fleet): string[][] => {
    return fleetLines(fleet, PROGRAM).map((line) => line.split("\t").slice(8));
  };
  assertEquals(columns(FLEET), [["trusted"], ["unsigned"], ["too-few"], ["unsigned"], ["-"]]);
  assertEquals(columns(UNCHECKED), [[], []]);
  assertEquals(fleetsLines([FLEET], PROGRAM)[0]?.split("\t").length, 4);
});

Deno.test("the document has each machine's verdict and their numbers, and null where none checks signatures", () => {
  const found = (fleet: Fleet): ReturnType<typeof readDocument> => {
    return readDocument("fleet", documentText("fleet", fleetDocument({ fleet, failures: [] })));
  };
  const { trust, machines } = found(FLEET);
  assertEquals([trust.trusted, trust.unsigned, trust["too-few"], trust.older], [1, 2, 1, 0]);
  assertEquals(machines.map((one: { trust: unknown }) => one.trust), [
    "trusted",
    "unsigned",
    "too-few",
    "unsigned",
    null,
  ]);
  assertEquals([found(UNCHECKED).trust, found(UNCHECKED).machines[0].trust], [null, null]);
});

Deno.test("where no machine checks signatures, people see nothing of them", () => {
  const lines = [
    ...fleetLines(UNCHECKED, { ...PEOPLE, all: true }),
    ...fleetsLines([UNCHECKED], PEOPLE),
  ];
  assertEquals(lines.filter((line) => /signatures|refuse|trust/.test(line)), []);
});
