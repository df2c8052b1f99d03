/**
 * Reads as much of Mach-O, the format of macOS, as the build needs: the load commands behind the header. They say
 * what lies where in the file, and in memory.
 *
 * https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h
 */

const MAGIC_64 = 0xfeedfacf;
export const HEADER_SIZE = 32;
/** Offsets in the header of 64 bits. */
export const HEADER = { cpu: 4, commands: 16, commandsSize: 20 } as const;

/** `cputype` of the two architectures that macOS has run on with 64 bits. */
export const CPU = { x86_64: 0x01000007, aarch64: 0x0100000c } as const;

/** The types of load commands that name places in `__LINKEDIT`, the last segment of a file, and of segments. */
export const COMMAND = {
  symtab: 0x2,
  dysymtab: 0xb,
  segment: 0x19,
  signature: 0x1d,
  functionStarts: 0x26,
  dataInCode: 0x29,
  dyldInfo: 0x80000022,
  exportsTrie: 0x80000033,
  chainedFixups: 0x80000034,
} as const;

/** Offsets in a segment's command. All values have 64 bits. */
export const SEGMENT = { name: 8, address: 24, memory: 32, offset: 40, size: 48, sections: 72 };
/** Offsets in a section, which follow its segment's command. */
export const SECTION = { name: 0, size: 40, offset: 48 };

export interface LoadCommand {
  readonly type: number;
  /** Where it begins in the file. */
  readonly at: number;
  /** Its size in bytes. */
  readonly size: number;
}

/** Where a segment lies. */
export interface Segment extends LoadCommand {
  readonly name: string;
  readonly address: number;
  readonly memory: number;
  /** Its bytes in the file, from this offset on. */
  readonly offset: number;
  readonly length: number;
}

/** `cputype`, as in `CPU`. Throws if this is no Mach-O file of 64 bits. */
export function cpuOfMachO(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(HEADER.cpu, true);
}

/** All load commands in their order. Throws if this is no Mach-O file of 64 bits, or is truncated. */
export function loadCommands(bytes: Uint8Array): LoadCommand[] {
  const view = viewOf(bytes);
  const end = HEADER_SIZE + view.getUint32(HEADER.commandsSize, true);
  if (end > bytes.length) throw new Error("the Mach-O file is truncated");
  const commands: LoadCommand[] = [];
  for (let at = HEADER_SIZE; at < end;) {
    const [type, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (size < 8 || at + size > end) throw new Error("the Mach-O file has a broken load command");
    commands.push({ type, at, size });
    at += size;
  }
  return commands;
}

/** The only command of a type. Undefined if there is none. */
export function findCommand(bytes: Uint8Array, type: number): LoadCommand | undefined {
  return loadCommands(bytes).find((command) => command.type === type);
}

/** A segment by its name. Undefined if there is none. */
export function findSegment(bytes: Uint8Array, name: string): Segment | undefined {
  const view = viewOf(bytes);
  const command = loadCommands(bytes).find(({ type, at }) =>
    type === COMMAND.segment && nameAt(bytes, at + SEGMENT.name) === name
  );
  if (command === undefined) return undefined;
  const read = (field: number): number => Number(view.getBigUint64(command.at + field, true));
  return {
    ...command,
    name,
    address: read(SEGMENT.address),
    memory: read(SEGMENT.memory),
    offset: read(SEGMENT.offset),
    length: read(SEGMENT.size),
  };
}

/** A segment that every program has. Throws if it is missing. */
export function requireSegment(bytes: Uint8Array, name: string): Segment {
  const segment = findSegment(bytes, name);
  if (segment === undefined) throw new Error(`the Mach-O file has no segment ${name}`);
  return segment;
}

/** A name of up to 16 bytes, with zeros behind it. */
export function nameAt(bytes: Uint8Array, at: number): string {
  return new TextDecoder().decode(bytes.subarray(at, at + 16)).replace(/\0+$/, "");
}

export function viewOf(bytes: Uint8Array): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_SIZE || view.getUint32(0, true) !== MAGIC_64) {
    throw new Error("not a Mach-O file of 64 bits");
  }
  return view;
}
