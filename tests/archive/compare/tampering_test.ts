/** What a comparison with the archive finds: one kind of tampering each. */
import { assertEquals } from "../../assert.ts";
import { tar } from "../builders.ts";
import { Playground } from "../playground.ts";
import { compare, withoutTimes } from "./compared.ts";

const SITE = tar(
  { name: "./", type: "5", mode: 0o755 },
  { name: "bin/", type: "5", mode: 0o750 },
  { name: "bin/run", content: "#!/bin/sh\n", mode: 0o755 },
  { name: "bin/again", type: "1", link: "bin/run" },
  { name: "index.html", content: "hello" },
  { name: "latest", type: "2", link: "index.html" },
  { name: "implied/deep/file", content: "x" },
);

type Row = readonly [
  attack: string,
  tamper: (target: string) => void,
  finds: readonly string[],
];

/** Changes a file and leaves its mtime as it was. */
function write(path: string, text: string): void {
  const { mtime } = Deno.statSync(path);
  Deno.writeTextFileSync(path, text);
  Deno.utimeSync(path, mtime ?? 0, mtime ?? 0);
}

const TIME = "2017-07-14T02:40:00.000Z";

const ROWS: readonly Row[] = [
  ["nothing", () => {}, []],
  [
    "a byte, with the size and the time as they were",
    (at) => write(`${at}/index.html`, "hellO"),
    ["changed index.html content"],
  ],
  [
    "a byte more",
    (at) => write(`${at}/index.html`, "hello!"),
    ["changed index.html size 6 5"],
  ],
  ["a mode", (at) => Deno.chmodSync(`${at}/bin`, 0o777), ["changed bin mode 0777 0750"]],
  [
    "a setuid bit",
    (at) => Deno.chmodSync(`${at}/bin/run`, 0o4755),
    ["changed bin/again mode 4755 0755", "changed bin/run mode 4755 0755"],
  ],
  [
    "a file that is gone",
    (at) => Deno.removeSync(`${at}/index.html`),
    ["missing index.html"],
  ],
  [
    "a link to elsewhere",
    (at) => {
      Deno.removeSync(`${at}/latest`);
      Deno.symlinkSync("/etc/passwd", `${at}/latest`);
      setLinkTime(`${at}/latest`);
    },
    ["changed latest target /etc/passwd index.html"],
  ],
  [
    "a symlink to the same bytes in the place of a file",
    (at) => {
      Deno.renameSync(`${at}/index.html`, `${at}/../same`);
      Deno.symlinkSync("../same", `${at}/index.html`);
    },
    ["changed index.html type symlink file"],
  ],
  [
    "a symlink to the same files in the place of a folder",
    (at) => {
      Deno.renameSync(`${at}/bin`, `${at}/../bin`);
      Deno.symlinkSync("../bin", `${at}/bin`);
    },
    ["changed bin type symlink folder", "missing bin/again", "missing bin/run"],
  ],
  [
    "a folder in the place of a file",
    (at) => {
      Deno.removeSync(`${at}/index.html`);
      Deno.mkdirSync(`${at}/index.html`);
    },
    ["changed index.html type folder file"],
  ],
  [
    "a pipe in the place of a file, which nobody writes to",
    (at) => {
      Deno.removeSync(`${at}/index.html`);
      new Deno.Command("mkfifo", { args: [`${at}/index.html`] }).outputSync();
    },
    ["changed index.html type special file file"],
  ],
  [
    "a hard link that has become a copy",
    (at) => {
      Deno.removeSync(`${at}/bin/again`);
      new Deno.Command("cp", { args: ["-p", `${at}/bin/run`, `${at}/bin/again`] }).outputSync();
    },
    ["changed bin/again link bin/run"],
  ],
  [
    "a hard link that has become another file",
    (at) => {
      Deno.removeSync(`${at}/bin/again`);
      Deno.writeTextFileSync(`${at}/bin/again`, "#!/bin/ls\n", { mode: 0o755 });
      Deno.utimeSync(`${at}/bin/again`, 1_500_000_000, 1_500_000_000);
    },
    ["changed bin/again content"],
  ],
  [
    "files and folders that the archive has not",
    (at) => {
      Deno.mkdirSync(`${at}/implied/new/inner`, { recursive: true });
      Deno.writeTextFileSync(`${at}/bin/.hidden`, "x");
    },
    ["extra bin/.hidden", "extra implied/new"],
  ],
  [
    "a time that is a millisecond later",
    (at) => Deno.utimeSync(`${at}/index.html`, 1_500_000_000.001, 1_500_000_000.001),
    [`changed index.html time 2017-07-14T02:40:00.001Z ${TIME}`],
  ],
  ["a folder that is gone", (at) => Deno.removeSync(`${at}/bin`, { recursive: true }), [
    "missing bin",
    "missing bin/again",
    "missing bin/run",
  ]],
];

function setLinkTime(path: string): void {
  new Deno.Command("touch", { args: ["-h", "-d", "@1500000000", path] }).outputSync();
}

for (const [attack, tamper, finds] of ROWS) {
  Deno.test(`compareTree() finds ${attack}`, async () => {
    using play = new Playground();
    await play.unpack(SITE);
    tamper(play.target);
    const found = await compare(play, SITE);
    // Whoever changes what is in a folder changes the folder's time as well.
    assertEquals(withoutTimes(found, finds), finds);
  });
}
