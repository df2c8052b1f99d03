import { assert, assertEquals } from "../assert.ts";
import { startS3Server } from "./server.ts";
import { KeyIndex } from "./storage/key_index.ts";
import { fileNameOf } from "./storage/folder.ts";
import { readRecord, RecordWriter } from "./storage/record_file.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { ServerProcess } from "./testing/server_process.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const KEYS = ["a", "b", "c"];
const OLD_BYTES = 300_000;
const NEW_BYTES = 3_000_000;

/** Content that tells by every byte which version it is of. */
function content(version: number): string {
  const letter = String.fromCharCode(65 + version % 26);
  return letter.repeat(version % 2 === 0 ? OLD_BYTES : NEW_BYTES);
}

Deno.test("killed at any moment of a write, the server has each object wholly old or wholly new", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  let midway = 0;
  try {
    for (let round = 0; round < 8; round++) {
      const running = await ServerProcess.start(folder, BUCKET);
      const server = running.server;
      const before = new Map<string, string>();
      for (const key of KEYS) {
        const get = await sendSigned(server, { target: `/${BUCKET}/${key}` });
        before.set(key, get.status === 200 ? get.body : "");
      }
      const confirmed = new Set<string>();
      const puts = KEYS.map(async (key, at) => {
        const body = content(3 * round + at);
        const put = { method: "PUT", target: `/${BUCKET}/${key}`, body };
        if ((await sendSigned(server, put)).status === 200) confirmed.add(key);
      });
      // A different moment each time, from the first byte to after the last.
      await Promise.race([Promise.all(puts), elapsed(round * 9)]);
      await running.end("SIGKILL");
      await Promise.allSettled(puts);
      midway += KEYS.length - confirmed.size;
      await assertWhole(folder, { before, round, confirmed });
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  assert(midway > 0, "no kill came in the middle of a write");
});

/** A pause that is the random part of the test, not a wait for something to happen. */
function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    Deno.unrefTimer(timer);
  });
}

async function assertWhole(
  folder: string,
  { before, round, confirmed }: {
    before: Map<string, string>;
    round: number;
    confirmed: Set<string>;
  },
): Promise<void> {
  await using server = await startS3Server({ folder });
  const { body: listing } = await sendSigned(server, { target: `/${BUCKET}?list-type=2` });
  for (const [at, key] of KEYS.entries()) {
    const { status, body } = await sendSigned(server, { target: `/${BUCKET}/${key}` });
    const found = status === 200 ? body : "";
    const wanted = content(3 * round + at);
    assert(
      found === wanted || (!confirmed.has(key) && found === before.get(key)),
      `${key} is torn`,
    );
    const listed = new RegExp(`<Key>${key}</Key>.*?<Size>(\\d+)</Size>`).exec(listing)?.[1];
    assertEquals(listed, found === "" ? undefined : String(found.length));
  }
  assertEquals([...Deno.readDirSync(`${folder}/${BUCKET}/tmp`)], []);
}

Deno.test("deno task s3 greets, works, keeps, and ends cleanly on Ctrl-C", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  try {
    const first = await ServerProcess.start(folder, BUCKET);
    const put = { method: "PUT", target: `/${BUCKET}/key`, body: "kept" };
    assertEquals((await sendSigned(first.server, put)).status, 200);
    assertEquals((await first.end("SIGINT")).code, 0);
    const second = await ServerProcess.start(folder, BUCKET);
    const get = await sendSigned(second.server, { target: `/${BUCKET}/key` });
    assertEquals(get.body, "kept");
    assertEquals((await second.end("SIGINT")).code, 0);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("deno task s3 refuses what is unsafe or makes no sense, in one line", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  const main = new URL("main.ts", import.meta.url).pathname;
  const table: [args: string[], message: string][] = [
    [
      ["--host", "0.0.0.0"],
      "s3: Cannot listen on 0.0.0.0: others could reach it; see --allow-remote\n",
    ],
    [
      ["--host", "0.0.0.0", "--allow-remote"],
      "s3: Cannot listen on 0.0.0.0 without an access key id of your own and a secret access key of at least 16 characters\n",
    ],
    [["--port", "x"], "s3: Bad port x\n"],
  ];
  try {
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-check",
          "-A",
          main,
          "--port",
          "0",
          "--folder",
          folder,
          ...args,
        ],
        clearEnv: false,
        env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
      }).output();
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      assertEquals([code, text(stdout), text(stderr)], [2, "", message]);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("two servers do not share a folder", () =>
  withServer(async ({ folder }) => {
    await startS3Server({ folder }).then(
      () => assert(false, "the second server started"),
      (error) =>
        assertEquals(error.message, `Cannot use ${folder}: another server is running on it`),
    );
  }));

Deno.test("a crash between the last two steps of a completion leaves no upload behind", () =>
  withServer(async ({ server, folder }) => {
    const target = `/${BUCKET}/key`;
    const created = await sendSigned(server, { method: "POST", target: `${target}?uploads=` });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(created.body)?.[1] ?? "";
    const part = `${target}?partNumber=1&uploadId=${id}`;
    const { headers } = await sendSigned(server, { method: "PUT", target: part, body: "content" });
    const uploads = `${folder}/${BUCKET}/uploads`;
    const saved = [...Deno.readDirSync(`${uploads}/${id}`)].map(({ name }) =>
      [name, Deno.readFileSync(`${uploads}/${id}/${name}`)] as const
    );
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${
      headers.get("etag")
    }</ETag></Part></CompleteMultipartUpload>`;
    await sendSigned(server, { method: "POST", target: `${target}?uploadId=${id}`, body });
    await server.close();
    // As if the server had died before it removed the parts.
    Deno.mkdirSync(`${uploads}/${id}`);
    for (const [name, bytes] of saved) Deno.writeFileSync(`${uploads}/${id}/${name}`, bytes);
    await using again = await startS3Server({ folder });
    const list = await sendSigned(again, { target: `/${BUCKET}?uploads=` });
    assert(!list.body.includes("<UploadId>"));
    assertEquals((await sendSigned(again, { target })).body, "content");
    assertEquals([...Deno.readDirSync(uploads)], []);
  }));

Deno.test("a file that is no record, or a damaged one, is left alone and not shown", () =>
  withServer(async ({ server, folder }) => {
    for (const key of ["good", "short", "renamed"]) {
      await sendSigned(server, {
        method: "PUT",
        target: `/${BUCKET}/${key}`,
        body: "x".repeat(99),
      });
    }
    await server.close();
    const objects = `${folder}/${BUCKET}/objects`;
    Deno.truncateSync(`${objects}/${fileNameOf("short")}`, 50);
    Deno.renameSync(`${objects}/${fileNameOf("renamed")}`, `${objects}/other`);
    Deno.writeTextFileSync(`${objects}/README`, "not mine");
    Deno.writeTextFileSync(`${objects}/empty`, "");
    await using again = await startS3Server({ folder });
    const { body } = await sendSigned(again, { target: `/${BUCKET}?list-type=2` });
    assertEquals(body.match(/<Key>.*?<\/Key>/g), ["<Key>good</Key>"]);
    assertEquals([...Deno.readDirSync(objects)].length, 5);
  }));

Deno.test("a record that is longer than the usual tail is read all the same", () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  try {
    for (const length of [0, 10, 5_000, 100_000]) {
      const file = new RecordWriter(folder);
      file.write(new Uint8Array(length));
      file.seal({ text: "\u00fc".repeat(length) }, { durable: false });
      file.moveTo(`${folder}/record`);
      const found = readRecord(`${folder}/record`);
      assertEquals(found, { record: { text: "\u00fc".repeat(length) }, size: length });
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("file names of keys are short, plain and different", () => {
  const keys = ["a", "A", "a/b", "a_b", "..", ".", "", "/", "x".repeat(1024), "\u0000", "con"];
  const names = keys.map(fileNameOf);
  assertEquals(new Set(names.map((name) => name.toLowerCase())).size, keys.length);
  for (const name of names) {
    assert(/^[A-Za-z0-9_-][A-Za-z0-9._-]*~[0-9a-f]{40}$|^~[0-9a-f]{40}$/.test(name), name);
  }
});

Deno.test("KeyIndex stays sorted through insertions and deletions", () => {
  const index = new KeyIndex<string>();
  const keys = Array.from({ length: 500 }, (_, at) => String(at * 7919 % 500).padStart(3, "0"));
  for (const key of keys) index.set(key, key);
  for (const key of keys.filter((key) => Number(key) % 3 === 0)) index.delete(key);
  const walked: string[] = [];
  for (let key = index.atOrAfter(""); key !== undefined; key = index.after(key)) walked.push(key);
  assertEquals(walked, keys.filter((key) => Number(key) % 3 !== 0).toSorted());
  assertEquals([index.size, index.afterPrefix("1"), index.atOrAfter("999")], [
    333,
    "200",
    undefined,
  ]);
});
