/**
 * `kept.ts FOLDER THREADS < ARCHIVE`: the least that keeps what a sync promises. It takes the archive's SHA-256, gunzips
 * it, reads the headers of tar with the simplest code that reads this one archive, and creates each file exclusively in
 * its place. Folders get their modes and times when all is there. One flush, one look at each file, and a rename to
 * `revs/` end it. With two threads, one reads, hashes and gunzips, the other one does the rest.
 *
 * What a sync does besides: the download and its request, rules for paths and limits, all other forms of tar and
 * compression, checks of headers, state, locks, links, and what is told meanwhile.
 */
import { gunzip, gunzipBeside } from "./gunzipped.ts";

const BLOCK = 512;
const FILE = 0x30;

const [folder = "", threads] = Deno.args;
const staging = `${folder}/staging`;
for (const path of [staging, `${folder}/revs`]) Deno.mkdirSync(path);
const decoder = new TextDecoder();

interface Folder {
  readonly path: string;
  readonly mode: number;
  readonly time: Date;
}
const folders: Folder[] = [];

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
  const site = `${staging}/${name}`;
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
  else if (flag === "2") Deno.symlinkSync(textOf(header, 157, 100), `${staging}/${name}`);
  else writeFile(`${staging}/${name}`, content, { mode, time });
}

function makeFolder(path: string, { mode, time }: Pick<Folder, "mode" | "time">): void {
  Deno.mkdirSync(`${staging}/${path}`, { mode: 0o700 });
  folders.push({ path, mode, time });
}

function writeFile(
  place: string,
  content: Uint8Array,
  { mode, time }: Pick<Folder, "mode" | "time">,
): void {
  Deno.writeFileSync(place, content, { createNew: true, mode });
  Deno.utimeSync(place, time, time);
}

for await (const bytes of threads === "2" ? gunzipBeside() : gunzip()) read(bytes);
for (const { path, mode, time } of folders.reverse()) {
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
