/**
 * Where Deno puts the files of a compiled program for macOS. By its library, libsui:
 *
 * - arm64: into a segment of its own, `__SUI`, before `__LINKEDIT`.
 * - x86_64: to the end, behind a mark. `__LINKEDIT` and the table of strings, its last part, grow by it.
 */
import { Buffer } from "node:buffer";
import { CPU, cpuOfMachO, findSegment, nameAt, SECTION, SEGMENT, viewOf } from "./load_commands.ts";

export const PAYLOAD_SEGMENT = "__SUI";
const PAYLOAD_SECTION = "d3n0l4nd";
const MARK = Buffer.concat([Buffer.from("<~sui-data~>"), Buffer.from("efbeadde", "hex")]);

/** Where the payload of an x86_64 program begins with its mark. -1 if there is none. */
export function markIn(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(MARK);
}

/** The payload of a compiled program, as the program itself finds it. Undefined if there is none. */
export function payloadOfMachO(bytes: Uint8Array): Uint8Array | undefined {
  return cpuOfMachO(bytes) === CPU.aarch64 ? payloadInSegment(bytes) : payloadBehindMark(bytes);
}

function payloadInSegment(bytes: Uint8Array): Uint8Array | undefined {
  const segment = findSegment(bytes, PAYLOAD_SEGMENT);
  if (segment === undefined) return undefined;
  const section = segment.at + SEGMENT.sections;
  if (nameAt(bytes, section + SECTION.name) !== PAYLOAD_SECTION) return undefined;
  const view = viewOf(bytes);
  const offset = view.getUint32(section + SECTION.offset, true);
  return bytes.subarray(offset, offset + Number(view.getBigUint64(section + SECTION.size, true)));
}

function payloadBehindMark(bytes: Uint8Array): Uint8Array | undefined {
  const mark = markIn(bytes);
  if (mark < 0) return undefined;
  const length = Number(viewOf(bytes).getBigUint64(mark + MARK.length, true));
  const start = mark + MARK.length + 8;
  return start + length > bytes.length ? undefined : bytes.subarray(start, start + length);
}
