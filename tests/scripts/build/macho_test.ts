import { cutMachO } from "../../../scripts/build/macho/cut.ts";
import { cpuOfMachO } from "../../../scripts/build/macho/load_commands.ts";
import { payloadOfMachO } from "../../../scripts/build/macho/payload.ts";
import { checkAdHocSignature } from "../../../scripts/build/macho/signature.ts";
import { checkProgram } from "../../../scripts/build/program.ts";
import type { Target } from "../../../scripts/build/target.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { type Architecture, bareProgram, compiledProgram } from "./macho_file.ts";

const SOURCE = new TextEncoder().encode("console.log('ftl')\n".repeat(5000));

const TARGETS: readonly (readonly [Target, Architecture])[] = [
  ["macos-arm64", "aarch64"],
  ["macos-x86_64", "x86_64"],
];

for (const [target, architecture] of TARGETS) {
  const program = compiledProgram(architecture, SOURCE);

  Deno.test(`cutMachO() gives the runtime that the program was compiled from, ${target}`, () => {
    assertEquals(cutMachO(program), bareProgram(architecture));
  });

  Deno.test(`a compiled program is checked for what its system looks for, ${target}`, () => {
    assertEquals(payloadOfMachO(program), SOURCE);
    checkProgram(program, { target, source: SOURCE.subarray(100, 5000) });
    const other = architecture === "aarch64" ? "macos-x86_64" : "macos-arm64";
    assertThrows(
      () => checkProgram(program, { target: other, source: SOURCE }),
      Error,
      `not for ${other}`,
    );
    assertThrows(
      () => checkProgram(program, { target, source: new TextEncoder().encode("other") }),
      Error,
      "does not find its source",
    );
  });

  Deno.test(`a program without a payload is refused, ${target}`, () => {
    const bare = bareProgram(architecture);
    assertEquals(payloadOfMachO(bare), undefined);
    assertThrows(() => cutMachO(bare), Error, "no payload");
  });
}

Deno.test("checkAdHocSignature() finds each changed page, and a signature that is cut off", () => {
  const program = compiledProgram("aarch64", SOURCE);
  checkAdHocSignature(program);
  for (const at of [2000, 0x1000 + 5000, program.length - 32 * 3]) {
    const changed = program.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assertThrows(() => checkAdHocSignature(changed), Error, "does not fit page");
  }
  assertThrows(() => checkAdHocSignature(program.slice(0, -1)), Error, "end with the file");
  assertThrows(() => checkAdHocSignature(bareProgram("x86_64")), Error, "is missing");
});

Deno.test("what is no Mach-O file, or half of one, is refused", () => {
  assertThrows(() => cpuOfMachO(Deno.readFileSync("/bin/true")), Error, "not a Mach-O file");
  assertThrows(() => cutMachO(new Uint8Array(10)), Error, "not a Mach-O file");
  assertThrows(() => cutMachO(bareProgram("aarch64").slice(0, 100)), Error, "truncated");
});
