/** Files that somebody writes to while they are being spooled. */
import { assertEquals, assertMatch } from "../assert.ts";
import { Fleet, startProgram } from "./fleet.ts";

const SIZE = 20 << 20;

const CHANGES: [what: string, change: (path: string) => void, says: RegExp][] = [
  [
    "is appended to",
    (path) => Deno.writeTextFileSync(path, "more", { append: true }),
    /changed while/,
  ],
  ["is cut short", (path) => Deno.truncateSync(path, SIZE - 1), /changed while/],
  ["is written anew", (path) => Deno.writeFileSync(path, new Uint8Array(SIZE)), /changed while/],
  [
    "is replaced by a rename",
    (path) => {
      Deno.writeFileSync(`${path}.new`, new Uint8Array(SIZE));
      Deno.renameSync(`${path}.new`, path);
    },
    /changed while/,
  ],
  ["is deleted", (path) => Deno.removeSync(path), /changed while/],
  [
    "is written to by one who sets the time back",
    (path) => {
      const { atime, mtime } = Deno.statSync(path);
      const file = Deno.openSync(path, { write: true });
      file.seekSync(SIZE - 100, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array([1, 2, 3]));
      file.close();
      Deno.utimeSync(path, atime ?? 0, mtime ?? 0);
    },
    /was damaged|changed while/,
  ],
];

for (const [what, change, says] of CHANGES) {
  Deno.test(`spool refuses a file that ${what} meanwhile, and nothing is in the bucket`, async () => {
    await using fleet = await Fleet.start();
    const path = fleet.folder.write("a.bin", new Uint8Array(SIZE).fill(7));
    // A whole second ago: the time tells of every change.
    Deno.utimeSync(path, 1e9, 1e9);
    fleet.server.addFault({
      operation: "CreateMultipartUpload",
      fault: { kind: "delay", milliseconds: 3_600_000 },
    });
    const child = startProgram(["spool", path], { cwd: fleet.folder.path, env: fleet.env });
    const output = child.output();
    // By now the file has been checked, and no part of it has been sent.
    while (!fleet.server.log.some(({ faults }) => faults.length > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    change(path);
    fleet.server.clearFaults();
    const { code, stdout, stderr } = await output;
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [5, 0], text);
    assertMatch(text, says);
    assertEquals(await fleet.bucket().list(""), []);
    const aborts = fleet.server.log.filter(({ operation }) => operation === "AbortMultipartUpload");
    assertEquals(aborts.map(({ status }) => status), [204]);
  });
}
