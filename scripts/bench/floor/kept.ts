/**
 * `kept.ts FOLDER < ARCHIVE`: the least that keeps what a sync promises, on one thread. It takes the archive's SHA-256,
 * gunzips it into one memory, reads the headers of tar with the simplest code that reads this one archive, and opens
 * each file exclusively, in folders that lie side by side. These are moved to their places, and get their modes and
 * times. One flush, one look at each file, and a rename to `revs/` end it.
 *
 * What a sync does besides: the download and its request, rules for paths and limits, all other forms of tar and
 * compression, checks of headers, state, locks, links, and what is told meanwhile.
 */
import { createHash } from "node:crypto";
import { Inflater } from "../../../src/archive/decompress/inflater.ts";

const PIECE = 1 << 20;
const BLOCK = 512;
const FILE = 0x30;

const [folder = ""] = Deno.args;
const [staging, aside] = [`${folder}/staging`, `${folder}/aside`];
for (const path of [staging, aside, `${folder}/revs`]) Deno.mkdirSync(path);
const decoder = new TextDecoder();

interface Folder {
  readonly path: string;
  readonly site: string;
  readonly mode: number;
  readonly time: Date;
}
const folders = new Map<string, Folder>();
/** The last folder of a file: files of one folder come together. */
let last: Folder | undefined;

/** What of the last piece was no whole entry. */
let left = new Uint8Array();
let longName: string | undefined;

function textOf(block: Uint8Array, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return decoder.decode(block.subarray(at, end < 0 ? at + length : Math.min(end, at + length)));
}

function numberOf(block: Uint8Array, at: number, length: number): number {
  return parseInt(textOf(block, at, length), 8);
}

/** A file that goes on in the next piece. */
let open: { file: Deno.FsFile; missing: number; padding: number; end: () => void } | undefined;

/** A file is written as its pieces come. Of all else, what is not whole is kept. */
function read(bytes: Uint8Array): void {
  let [all, at] = [bytes, append(bytes)];
  if (left.length > 0) {
    all = new Uint8Array(left.length + bytes.length);
    all.set(left);
    all.set(bytes, left.length);
  }
  while (at + BLOCK <= all.length) {
    const header = all.subarray(at, at + BLOCK);
    if (header[0] === 0) {
      at += BLOCK;
      continue;
    }
    const size = numberOf(header, 124, 12);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    const isWhole = at + BLOCK + padded <= all.length;
    if (!isWhole && header[156] !== FILE) break;
    if (isWhole) take(header, all.subarray(at + BLOCK, at + BLOCK + size));
    else begin(header, { missing: size, padding: padded - size });
    at += BLOCK;
    at += isWhole ? padded : append(all.subarray(at));
  }
  left = all.slice(at);
}

/** Returns how many bytes of the next piece belong to the file that is open. */
function append(bytes: Uint8Array): number {
  if (open === undefined) return 0;
  const content = bytes.subarray(0, open.missing);
  for (let done = 0; done < content.length;) {
    done += open.file.writeSync(content.subarray(done));
  }
  open.missing -= content.length;
  if (open.missing > 0) return bytes.length;
  const padding = Math.min(open.padding, bytes.length - content.length);
  open.padding -= padding;
  if (open.padding > 0) return bytes.length;
  open.file.close();
  open.end();
  open = undefined;
  return content.length + padding;
}

function begin(header: Uint8Array, rest: { missing: number; padding: number }): void {
  const { name, mode, time } = attributesOf(header);
  const site = siteOf(name);
  const file = Deno.openSync(site, { write: true, createNew: true, mode });
  const end = (): void => {
    Deno.chmodSync(site, mode);
    Deno.utimeSync(site, time, time);
  };
  open = { file, end, ...rest };
}

function attributesOf(header: Uint8Array): { name: string; mode: number; time: Date } {
  const name = longName ?? textOf(header, 0, 100);
  longName = undefined;
  const time = new Date(numberOf(header, 136, 12) * 1000);
  return { name, mode: numberOf(header, 100, 8), time };
}

function take(header: Uint8Array, content: Uint8Array): void {
  const flag = String.fromCharCode(header[156] ?? 0);
  if (flag === "L") {
    longName = decoder.decode(content.subarray(0, content.length - 1));
    return;
  }
  const { name, mode, time } = attributesOf(header);
  if (flag === "5") makeFolder(name.slice(0, -1), { mode, time });
  else if (flag === "2") Deno.symlinkSync(textOf(header, 157, 100), siteOf(name));
  else writeFile(siteOf(name), content, { mode, time });
}

function makeFolder(path: string, { mode, time }: Pick<Folder, "mode" | "time">): void {
  const site = `${aside}/${folders.size}`;
  Deno.mkdirSync(site, { mode: 0o700 });
  folders.set(path, { path, site, mode, time });
}

function siteOf(name: string): string {
  const slash = name.lastIndexOf("/");
  const path = name.slice(0, slash);
  if (last?.path !== path) last = folders.get(path);
  return `${last?.site ?? staging}/${name.slice(slash + 1)}`;
}

function writeFile(
  place: string,
  content: Uint8Array,
  { mode, time }: Pick<Folder, "mode" | "time">,
): void {
  Deno.writeFileSync(place, content, { createNew: true, mode });
  Deno.utimeSync(place, time, time);
}

const [hash, inflater] = [createHash("sha256"), new Inflater("gzip", () => {})];
const piece = new Uint8Array(PIECE);
for (let size = Deno.stdin.readSync(piece); size !== null; size = Deno.stdin.readSync(piece)) {
  hash.update(piece.subarray(0, size));
  for (const bytes of inflater.write(piece.subarray(0, size))) read(bytes);
}
for (const bytes of inflater.end()) read(bytes);
hash.digest();
for (const { path, site } of folders.values()) Deno.renameSync(site, `${staging}/${path}`);
for (const { path, mode, time } of [...folders.values()].reverse()) {
  Deno.utimeSync(`${staging}/${path}`, time, time);
  Deno.chmodSync(`${staging}/${path}`, mode);
}
const { success } = new Deno.Command("sync", { args: ["-f", staging] }).outputSync();
if (!success) Deno.exit(1);
const looks: number[] = [];
look(staging);
Deno.writeFileSync(`${folder}/looks`, new Uint8Array(new Float64Array(looks).buffer));
Deno.renameSync(staging, `${folder}/revs/1`);

function look(place: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(place)) {
    const { ino, ctime, mtime, size } = Deno.lstatSync(`${place}/${name}`);
    looks.push(ino ?? 0, ctime?.getTime() ?? 0, mtime?.getTime() ?? 0, size);
    if (isDirectory) look(`${place}/${name}`);
  }
}
