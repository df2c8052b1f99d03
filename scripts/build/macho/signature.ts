/**
 * Checks the ad hoc signature of a program for macOS. On arm64 the kernel ends a program whose signature does not
 * fit its pages. It says only that the bytes are whole, and nothing of who made them.
 *
 * https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/cs_blobs.h. All its numbers are big-endian.
 */
import { createHash } from "node:crypto";
import { COMMAND, findCommand, requireSegment, viewOf } from "./load_commands.ts";

const MAGIC = { signature: 0xfade0cc0, codeDirectory: 0xfade0c02 };
const SLOT_CODE_DIRECTORY = 0;
const FLAG_ADHOC = 0x2;
const HASH = { sha256: 2, size: 32 };
/** Offsets in a code directory. */
const DIRECTORY = {
  flags: 12,
  hashes: 16,
  codeSlots: 28,
  codeLimit: 32,
  hashSize: 36,
  hashType: 37,
  pageSize: 39,
  textOffset: 64,
  textLimit: 72,
};

/** Throws, and says what does not fit, unless every page has the hash that the signature tells. */
export function checkAdHocSignature(program: Uint8Array): void {
  const { start, size } = placeOfSignature(program);
  const signature = program.subarray(start, start + size);
  const directory = codeDirectory(signature);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
  require((view.getUint32(DIRECTORY.flags) & FLAG_ADHOC) !== 0, "is not ad hoc");
  require(view.getUint32(DIRECTORY.codeLimit) === start, "does not cover what is before it");
  require(
    directory[DIRECTORY.hashType] === HASH.sha256 && directory[DIRECTORY.hashSize] === HASH.size,
    "has other hashes than SHA-256",
  );
  const text = requireSegment(program, "__TEXT");
  require(
    view.getBigUint64(DIRECTORY.textOffset) === BigInt(text.offset) &&
      view.getBigUint64(DIRECTORY.textLimit) === BigInt(text.length),
    "names another segment of code",
  );
  const page = 1 << (directory[DIRECTORY.pageSize] ?? 0);
  const pages = Math.ceil(start / page);
  require(view.getUint32(DIRECTORY.codeSlots) === pages, "has too few or too many hashes");
  const hashes = view.getUint32(DIRECTORY.hashes);
  require(hashes + pages * HASH.size <= directory.length, "is truncated");
  for (let i = 0; i < pages; i++) {
    const at = hashes + i * HASH.size;
    const hash = createHash("sha256")
      .update(program.subarray(i * page, Math.min((i + 1) * page, start))).digest();
    require(hash.equals(directory.subarray(at, at + HASH.size)), `does not fit page ${i}`);
  }
}

/** It is the end of `__LINKEDIT`, and of the file. */
function placeOfSignature(program: Uint8Array): { start: number; size: number } {
  const command = findCommand(program, COMMAND.signature);
  require(command !== undefined, "is missing");
  const view = viewOf(program);
  const start = view.getUint32(command.at + 8, true);
  const size = view.getUint32(command.at + 12, true);
  const linkedit = requireSegment(program, "__LINKEDIT");
  require(
    size > 0 && start + size === program.length &&
      linkedit.offset + linkedit.length === program.length,
    "does not end with the file",
  );
  return { start, size };
}

function codeDirectory(signature: Uint8Array): Uint8Array {
  const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
  require(view.getUint32(0) === MAGIC.signature, "has another form");
  for (let i = 0; i < view.getUint32(8); i++) {
    const [slot, offset] = [view.getUint32(12 + 8 * i), view.getUint32(16 + 8 * i)];
    if (slot !== SLOT_CODE_DIRECTORY) continue;
    require(view.getUint32(offset) === MAGIC.codeDirectory, "has another form");
    return signature.subarray(offset, offset + view.getUint32(offset + 4));
  }
  throw new Error("the signature has no code directory");
}

function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`the signature ${otherwise}`);
}
