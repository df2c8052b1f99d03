/** Checks a compiled program of a system on which it may not be tried out: the build reads what the system would. */
import { Buffer } from "node:buffer";
import { MACHINE, machineOfElf } from "./elf.ts";
import { CPU, cpuOfMachO } from "./macho/load_commands.ts";
import { payloadOfMachO } from "./macho/payload.ts";
import { checkAdHocSignature } from "./macho/signature.ts";
import { type Target, TARGETS } from "./target.ts";

/**
 * Throws unless the program is for the target; one for macOS must also have the source in its payload, and on arm64
 * a signature that fits, as the kernel demands there.
 */
export function checkProgram(
  program: Uint8Array,
  { target, source }: { readonly target: Target; readonly source: Uint8Array },
): void {
  const { system, architecture } = TARGETS[target];
  const isLinux = system === "linux";
  const isFor = isLinux
    ? machineOfElf(program) === MACHINE[architecture]
    : cpuOfMachO(program) === CPU[architecture];
  if (!isFor) throw new Error(`the program is not for ${target}`);
  if (isLinux) return;
  const payload = payloadOfMachO(program);
  if (payload === undefined || !Buffer.from(payload).includes(Buffer.from(source))) {
    throw new Error("the program does not find its source");
  }
  if (architecture === "aarch64") checkAdHocSignature(program);
}
