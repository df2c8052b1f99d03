/**
 * Cuts the base runtime out of a program that Deno compiled for macOS: without the payload, and with all offsets
 * as they were before. What stood in the file about its signature is gone, as compiling signs anew.
 */
import {
  COMMAND,
  CPU,
  cpuOfMachO,
  findCommand,
  findSegment,
  HEADER,
  HEADER_SIZE,
  loadCommands,
  requireSegment,
  SEGMENT,
  viewOf,
} from "./load_commands.ts";
import { markIn, PAYLOAD_SEGMENT } from "./payload.ts";

/** Fields that are offsets into `__LINKEDIT`, by the type of their command. */
const OFFSETS: ReadonlyMap<number, readonly number[]> = new Map([
  [COMMAND.symtab, [8, 16]],
  [COMMAND.dysymtab, [32, 40, 48, 56, 64, 72]],
  [COMMAND.dyldInfo, [8, 16, 24, 32, 40]],
  ...[
    COMMAND.signature,
    COMMAND.functionStarts,
    COMMAND.dataInCode,
    COMMAND.exportsTrie,
    COMMAND.chainedFixups,
  ].map((type) => [type, [8]] as [number, number[]]),
]);

/** The base runtime. Throws if the program has no payload. */
export function cutMachO(program: Uint8Array): Uint8Array<ArrayBuffer> {
  return cpuOfMachO(program) === CPU.aarch64 ? cutSegment(program) : cutEnd(program);
}

function cutSegment(program: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = findSegment(program, PAYLOAD_SEGMENT);
  if (payload === undefined) throw new Error("the program has no payload");
  const runtime = new Uint8Array(program.length - payload.length);
  runtime.set(program.subarray(0, payload.offset));
  runtime.set(program.subarray(payload.offset + payload.length), payload.offset);
  const view = viewOf(runtime);
  removeCommand(runtime, payload);
  const linkedit = requireSegment(runtime, "__LINKEDIT");
  setLong(view, linkedit.at + SEGMENT.address, linkedit.address - payload.memory);
  setLong(view, linkedit.at + SEGMENT.offset, linkedit.offset - payload.length);
  for (const { type, at } of loadCommands(runtime)) {
    for (const field of OFFSETS.get(type) ?? []) {
      const offset = view.getUint32(at + field, true);
      if (offset >= payload.offset) view.setUint32(at + field, offset - payload.length, true);
    }
  }
  return withoutSignature(runtime);
}

/** The zeros behind the commands were there before the segment's own. */
function removeCommand(
  program: Uint8Array,
  { at, size }: { readonly at: number; readonly size: number },
): void {
  const view = viewOf(program);
  const [count, length] = [HEADER.commands, HEADER.commandsSize].map((field) =>
    view.getUint32(field, true)
  ) as [number, number];
  const end = HEADER_SIZE + length;
  program.copyWithin(at, at + size, end);
  program.fill(0, end - size, end);
  view.setUint32(HEADER.commands, count - 1, true);
  view.setUint32(HEADER.commandsSize, length - size, true);
}

/** The signature is the last thing in a file. Its command stays, for the next one. */
function withoutSignature(program: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const command = findCommand(program, COMMAND.signature);
  if (command === undefined) throw new Error("the program has no place for a signature");
  const view = viewOf(program);
  const end = view.getUint32(command.at + 8, true);
  view.setUint32(command.at + 12, 0, true);
  endLinkedit(program, end);
  return program.slice(0, end);
}

function cutEnd(program: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = markIn(program);
  const strings = findCommand(program, COMMAND.symtab);
  if (end < 0 || strings === undefined) throw new Error("the program has no payload");
  const runtime = program.slice(0, end);
  const view = viewOf(runtime);
  view.setUint32(strings.at + 20, end - view.getUint32(strings.at + 16, true), true);
  endLinkedit(runtime, end);
  return runtime;
}

/** `__LINKEDIT` is the last segment. */
function endLinkedit(program: Uint8Array, end: number): void {
  const { at, offset } = requireSegment(program, "__LINKEDIT");
  const view = viewOf(program);
  setLong(view, at + SEGMENT.memory, end - offset);
  setLong(view, at + SEGMENT.size, end - offset);
}

function setLong(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true);
}
