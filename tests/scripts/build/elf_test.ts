import { assertEquals, assertThrows } from "../../assert.ts";
import { lengthOfElf, MACHINE, machineOfElf } from "../../../scripts/build/elf.ts";

const OWN = Deno.readFileSync("/bin/true");

Deno.test("lengthOfElf() ends where the section headers end, whatever follows", () => {
  const appended = new Uint8Array(OWN.length + 100);
  appended.set(OWN);
  assertEquals(lengthOfElf(appended), OWN.length);
});

Deno.test("machineOfElf() tells the architecture", () => {
  assertEquals(machineOfElf(OWN), MACHINE[Deno.build.arch]);
});

Deno.test("what is no ELF file, or half of one, is refused", () => {
  const script = new TextEncoder().encode("#!/bin/sh\n".repeat(10));
  assertThrows(() => lengthOfElf(script), Error, "not a 64-bit little-endian ELF file");
  assertThrows(() => machineOfElf(OWN.subarray(0, 20)), Error, "not a 64-bit");
  assertThrows(() => lengthOfElf(OWN.subarray(0, 1000)), Error, "truncated");
});
