import { assertEquals } from "../assert.ts";
import {
  type FirstLine,
  parseFirstLine,
  programWithCarriageReturn,
  SCRIPT_PLACES,
} from "../../src/revision/scripts.ts";

const LONG = `/bin/${"x".repeat(400)}`;

const CASES: [text: string, expected: Partial<FirstLine> | undefined][] = [
  ["#!/bin/sh\necho", { interpreter: "/bin/sh" }],
  ["#!/bin/sh", { interpreter: "/bin/sh" }],
  ["#! \t/bin/sh \t\n", { interpreter: "/bin/sh" }],
  ["#!/usr/bin/env python3\n", { interpreter: "/usr/bin/env", argument: "python3" }],
  ["#!/bin/sh -e  -x \n", { interpreter: "/bin/sh", argument: "-e  -x" }],
  ["#!bin/tool\n", { interpreter: "bin/tool" }],
  ["\ufeff#!/bin/sh\n", { interpreter: "/bin/sh", hasMark: true }],
  ["#!/bin/sh\r\n", { interpreter: "/bin/sh\r" }],
  // The kernel reads 256 bytes.
  [`#!${LONG}\n`, { interpreter: LONG.slice(0, 254) }],
  ["#!\n/bin/sh\n", undefined],
  ["#! \t\n", undefined],
  [" #!/bin/sh\n", undefined],
  ["# !/bin/sh\n", undefined],
  ["echo\n#!/bin/sh\n", undefined],
  ["#", undefined],
  ["", undefined],
];

for (const [text, expected] of CASES) {
  Deno.test(`parseFirstLine() of ${JSON.stringify(text.slice(0, 30))}`, () => {
    const parsed = parseFirstLine(new TextEncoder().encode(text));
    const whole = expected && { argument: undefined, hasMark: false, ...expected };
    assertEquals(parsed, whole as FirstLine | undefined);
  });
}

Deno.test("programWithCarriageReturn() names the program without the carriage return", () => {
  const cases: [line: string, program: string | undefined][] = [
    ["#!/bin/sh\r\n", "/bin/sh"],
    ["#!/usr/bin/env python3\r\n", "python3"],
    ["#!/bin/sh\n", undefined],
    ["#!/usr/bin/env python3\n", undefined],
    // The shell gets this argument, and says itself what is wrong with it.
    ["#!/bin/sh -e\r\n", undefined],
  ];
  for (const [text, program] of cases) {
    const line = parseFirstLine(new TextEncoder().encode(text));
    assertEquals(line && programWithCarriageReturn(line), program, text);
  }
});

Deno.test("no two steps have a script in the same place", () => {
  const places = Object.values(SCRIPT_PLACES).flat();
  assertEquals(new Set(places).size, places.length);
});
