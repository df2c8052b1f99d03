/** The names of marks. */
import fc from "fast-check";
import { assertEquals } from "../assert.ts";
import { machineInMarks, type Mark, markName, parseMark } from "../../src/revision/marks.ts";

const NAMES: [name: string, mark: Mark][] = [
  ["try/i-0abc", { kind: "try", machine: "i-0abc" }],
  ["turn/000017", { kind: "turn", turn: 17 }],
  ["turn/1234567", { kind: "turn", turn: 1_234_567 }],
  ["ok/i-0abc", { kind: "ok", machine: "i-0abc" }],
  ["failed/AROA:i-0abc@eu", { kind: "failed", machine: "AROA:i-0abc@eu" }],
  ["ok/web_1.example~17", { kind: "ok", machine: "web_1.example", turn: 17 }],
  ["failed/i-0abc~1", { kind: "failed", machine: "i-0abc", turn: 1 }],
];

for (const [name, mark] of NAMES) {
  Deno.test(`the mark ${name} is written and read`, () => {
    assertEquals([markName(mark), parseMark(name)], [name, mark]);
  });
}

const JUNK = [
  ...[
    "",
    "ok",
    "ok/",
    "try/",
    "turn/",
    "/",
    "done/i-1",
    "ok/i-1/x",
    "OK/i-1",
    " ok/i-1",
    "ok/i-1 ",
  ],
  ...["turn/0", "turn/000000", "turn/17", "turn/0000017", "turn/-00017", "turn/00001x"],
  ...["turn/1234567890123", "try/i-1~17", "turn/000017~17", "ok/~17", "ok/i-1~", "ok/i-1~0"],
  ...["ok/i-1~017", "ok/i-1~1~2", "ok/i-1~x", "ok/i\u00e9", `ok/${"x".repeat(129)}`, "ok/i\n1"],
];

for (const name of JUNK) {
  Deno.test(`${JSON.stringify(name)} is no mark`, () => assertEquals(parseMark(name), undefined));
}

const machine = fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,128}$/);
const turn = fc.integer({ min: 1, max: 10 ** 12 - 1 });
const ended = fc.constantFrom("ok" as const, "failed" as const);
const anyMark: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({ kind: fc.constant("try" as const), machine }),
  fc.record({ kind: fc.constant("turn" as const), turn }),
  fc.record({ kind: ended, machine }),
  fc.record({ kind: ended, machine, turn }),
);

Deno.test("parseMark() is the inverse of markName(), and reads no other text", () => {
  fc.assert(fc.property(anyMark, (mark) => assertEquals(parseMark(markName(mark)), mark)));
  fc.assert(fc.property(fc.string(), (text) => {
    const mark = parseMark(text);
    if (mark !== undefined) assertEquals(markName(mark), text);
  }));
});

Deno.test("any host's name gives a mark that is read again", () => {
  fc.assert(fc.property(fc.string(), (host) => {
    const name = markName({ kind: "ok", machine: host, turn: 3 });
    assertEquals(parseMark(name), { kind: "ok", machine: machineInMarks(host), turn: 3 });
  }));
  assertEquals(machineInMarks("a/b~c d"), "a_b_c_d");
});
