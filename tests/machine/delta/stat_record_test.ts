import { Looks, StatRecord } from "../../../src/machine/delta/stat_record.ts";
import { type Walked, walkFolder } from "../../../src/machine/delta/walk.ts";
import { assertEquals } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";

/** Milliseconds after which no change can be in the same second as now. */
const LATER = 5000;

/** Undefined if it gives up. */
function walk(folder: string, most: number): Walked[] | undefined {
  const walked: Walked[] = [];
  return walkFolder(folder, most, (path, info) => walked.push({ path, info })) ? walked : undefined;
}

class Folder extends TempFolder {
  readonly box = this.folder("box");
  readonly walked = this.#walk();

  #walk(): readonly Walked[] {
    this.write("box/a", "a");
    this.write("box/a.b", "b");
    this.write("box/in/c", "c");
    return walk(this.box, 10) ?? [];
  }

  record(later = LATER): StatRecord {
    return StatRecord.of(Looks.of(this.walked), Date.now() + later);
  }
}

Deno.test("walkFolder() sorts by the bytes of paths, and gives up beyond the most", () => {
  using folder = new Folder();
  assertEquals(folder.walked.map(({ path }) => path), ["a", "a.b", "in", "in/c"]);
  for (const name of ["\u{1f600}", "\uff41", "in-"]) folder.write(`box/${name}`, "");
  const paths = walk(folder.box, 7)?.map(({ path }) => path);
  assertEquals(paths?.slice(2), ["in", "in-", "in/c", "\uff41", "\u{1f600}"]);
  assertEquals(walk(folder.box, 6), undefined);
});

Deno.test("walkFolder() gives up on a name that is not UTF-8", () => {
  using folder = new Folder();
  const script = `: > "$(printf '${folder.box}/\\377')"`;
  new Deno.Command("sh", { args: ["-c", script] }).outputSync();
  assertEquals(walk(folder.box, 10), undefined);
});

Deno.test("walkFolder() goes down further than calls could", () => {
  using folder = new TempFolder();
  folder.write(`box/${"d/".repeat(1000)}file`, "");
  const module = new URL("../../../src/machine/delta/walk.ts", import.meta.url).href;
  const program = folder.write(
    "walk.ts",
    `import { walkFolder } from "${module}";
    let count = 0;
    console.log(walkFolder("${folder.path}/box", 2000, () => count++), count);`,
  );
  // Kilobytes: a fifth of what it has else, so that the paths need not be too long for the system.
  const args = ["run", "--allow-read", "--v8-flags=--stack-size=200", program];
  const { stdout } = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).outputSync();
  assertEquals(new TextDecoder().decode(stdout), "true 1001\n");
});

Deno.test("a stat record is read as it was written", () => {
  using folder = new Folder();
  const record = folder.record();
  const read = StatRecord.parse(record.format());
  assertEquals(read?.format(), record.format());
  assertEquals([read?.count, read?.bytes], [4, 3]);
  assertEquals(read?.isOf(folder.walked), true);
  assertEquals(read?.isOf(folder.walked.slice(1)), false);
  assertEquals(read?.isOf(folder.walked.map(({ path }) => ({ path: `${path}x` }))), false);
});

Deno.test("a stat record that is damaged anywhere counts as absent", () => {
  using folder = new Folder();
  const bytes = folder.record().format();
  for (const at of [0, 9, 13, 30, 60, 120, 150, bytes.length - 1]) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assertEquals(StatRecord.parse(damaged), undefined, `byte ${at}`);
  }
  for (const length of [0, 11, 40, bytes.length - 32, bytes.length - 1]) {
    assertEquals(StatRecord.parse(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
});

Deno.test("an entry is the same until anything is done to it", () => {
  using folder = new Folder();
  const record = folder.record();
  const now = (path: string): Deno.FileInfo => Deno.lstatSync(`${folder.box}/${path}`);
  assertEquals([0, 1, 2, 3].map((i) => record.compare(i, now(folder.walked[i]?.path ?? ""))), [
    "same",
    "same",
    "same",
    "same",
  ]);
  assertEquals(record.compare(9, now("a")), "changed");
  folder.write("box/a", "longer");
  folder.write("box/in/d", "");
  Deno.utimeSync(`${folder.box}/in`, 1, 1); // the clock of files may not have moved on
  // Another file, with the same content and mtime.
  const other = folder.write("other", "b");
  const { mtime } = folder.walked[1]?.info ?? {};
  Deno.utimeSync(other, mtime ?? 0, mtime ?? 0);
  Deno.renameSync(other, `${folder.box}/a.b`);
  const compared = ["a", "a.b", "in"].map((path, i) => record.compare(i, now(path)));
  assertEquals(compared, ["changed", "changed", "changed"]);
});

Deno.test("an entry of the second in which the record ended is racy, as ctimes are told in seconds", () => {
  using folder = new Folder();
  const info = folder.walked[0]?.info;
  if (info === undefined) throw new Error("nothing walked");
  const second = Math.floor((info.ctime?.getTime() ?? 0) / 1000) * 1000;
  const at = (end: number): string => StatRecord.of(Looks.of(folder.walked), end).compare(0, info);
  assertEquals([at(second), at(second + 999), at(second + 1010)], ["racy", "racy", "racy"]);
  assertEquals(at(second + 1020), "same");
});
