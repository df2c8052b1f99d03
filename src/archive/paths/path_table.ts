/**
 * Stores the paths of an archive as numbers. A node has a parent, a name and a kind. A million
 * nodes take about 40 MB outside of the JavaScript heap. A Map of strings took five times that.
 *
 * Names are found by a hash table with linear probing. Its seed is random, because the author of an
 * archive may choose names that collide.
 */
import { Column } from "./column.ts";
import { NameArena } from "./name_arena.ts";

/** The node of the root. The number of a folder is always less than those of its entries. */
export const ROOT = 0;

/** The kind of a node. A node without a kind is `NOTHING`. */
export const NOTHING = 0;
export const FILE = 1;
export const SYMLINK = 2;
export const FOLDER = 3;

export type NodeKind = typeof NOTHING | typeof FILE | typeof SYMLINK | typeof FOLDER;

/** A column with mostly empty places has blocks of 2 to this power. */
const FEW = 6;

/**
 * A UTF-16 unit takes at most three bytes. A name has at most as many units as bytes in UTF-8,
 * which is 255.
 */
const LONGEST = 3 * 256;

export class PathTable {
  readonly #parents = new Column((length) => new Uint32Array(length));
  readonly #kinds = new Column((length) => new Uint8Array(length));
  /** The number of entries in each folder. Folders are few. */
  readonly #counts = new Column((length) => new Uint32Array(length), FEW);
  /**
   * The name's place in the arena, and its hash. Names are compared only if their hashes are equal.
   */
  readonly #names = new Column((length) => new Uint32Array(length));
  readonly #hashes = new Column((length) => new Uint32Array(length));
  readonly #arena = new NameArena();
  #slots = new Uint32Array(1 << 12);
  #size = 1;
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  /** The name to find, and its length. */
  readonly #scratch = new Uint8Array(LONGEST);
  #length = 0;

  constructor() {
    this.#kinds.set(ROOT, FOLDER);
  }

  /** The number of nodes, including the root. They are numbered from 0. */
  get size(): number {
    return this.#size;
  }

  /** The node of a name in a folder. Undefined if the name was never entered. */
  find(parent: number, name: string): number | undefined {
    const slot = this.#slotOf(parent, this.#write(name));
    return this.#slots[slot] || undefined;
  }

  /** The node of a name in a folder. If there is none, it is entered with the kind `NOTHING`. */
  enter(parent: number, name: string): number {
    const hashed = this.#write(name);
    const slot = this.#slotOf(parent, hashed);
    return this.#slots[slot] || this.#add(parent, slot, hashed);
  }

  kindOf(node: number): NodeKind {
    return this.#kinds.get(node) as NodeKind;
  }

  setKind(node: number, kind: NodeKind): void {
    if (this.kindOf(node) === NOTHING) {
      const parent = this.parentOf(node);
      this.#counts.set(parent, this.#counts.get(parent) + 1);
    }
    this.#kinds.set(node, kind);
  }

  isEmpty(folder: number): boolean {
    return this.#counts.get(folder) === 0;
  }

  parentOf(node: number): number {
    return this.#parents.get(node);
  }

  /** The path below the root. The root's own path is empty. */
  pathOf(node: number): string {
    const names: string[] = [];
    for (let at = node; at !== ROOT; at = this.parentOf(at)) names.push(this.nameOf(at));
    return names.reverse().join("/");
  }

  nameOf(node: number): string {
    const bytes = this.#arena.get(this.#names.get(node));
    let name = "";
    for (let i = 0; i < bytes.length;) {
      const first = bytes[i++] as number;
      let unit = first;
      if (first >= 0xe0) {
        unit = (first & 0xf) << 12 | ((bytes[i++] as number) & 0x3f) << 6 |
          ((bytes[i++] as number) & 0x3f);
      } else if (first >= 0xc0) unit = (first & 0x1f) << 6 | ((bytes[i++] as number) & 0x3f);
      name += String.fromCharCode(unit);
    }
    return name;
  }

  /**
   * Writes a name to the scratch buffer, encoding each unit as UTF-8 encodes a character, and
   * returns its hash.
   */
  #write(name: string): number {
    const scratch = this.#scratch;
    let length = 0;
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i);
      if (unit < 0x80) scratch[length++] = unit;
      else {
        if (unit < 0x800) scratch[length++] = 0xc0 | unit >> 6;
        else {
          scratch[length++] = 0xe0 | unit >> 12;
          scratch[length++] = 0x80 | unit >> 6 & 0x3f;
        }
        scratch[length++] = 0x80 | unit & 0x3f;
      }
    }
    this.#length = length;
    return hash(scratch.subarray(0, length), this.#seed);
  }

  /** The slot of the name in the scratch buffer, or the free slot for it. */
  #slotOf(parent: number, hashed: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixed(hashed, parent) & mask;
    for (let node = this.#slots[slot]; node; node = this.#slots[slot]) {
      const mayBe = this.#hashes.get(node) === hashed && this.parentOf(node) === parent;
      if (mayBe && this.#isNamed(node)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isNamed(node: number): boolean {
    const bytes = this.#arena.get(this.#names.get(node));
    if (bytes.length !== this.#length) return false;
    return bytes.every((byte, i) => byte === this.#scratch[i]);
  }

  #add(parent: number, slot: number, hashed: number): number {
    const node = this.#size++;
    this.#names.set(node, this.#arena.put(this.#scratch.subarray(0, this.#length)));
    this.#hashes.set(node, hashed);
    this.#parents.set(node, parent);
    this.#slots[slot] = node;
    if (this.#size * 4 > this.#slots.length * 3) this.#grow();
    return node;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let node = 1; node < this.#size; node++) {
      let slot = mixed(this.#hashes.get(node), this.parentOf(node)) & mask;
      while (slots[slot]) slot = (slot + 1) & mask;
      slots[slot] = node;
    }
    this.#slots = slots;
  }
}

function hash(bytes: Uint8Array, seed: number): number {
  let value = seed;
  for (let i = 0; i < bytes.length; i++) value = mixed(value, bytes[i] as number);
  return value;
}

/** Two rounds of multiplication and shift, as at the end of MurmurHash3. */
function mixed(value: number, added: number): number {
  let sum = Math.imul(value ^ added, 0x85ebca6b);
  sum ^= sum >>> 13;
  sum = Math.imul(sum, 0xc2b2ae35);
  return (sum ^ sum >>> 16) >>> 0;
}
