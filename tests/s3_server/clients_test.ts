/**
 * The S3 clients that people have, doing their ordinary work: `aws`, `s3cmd` and `rclone`, each
 * if it is installed.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "../assert.ts";
import { testWith } from "../required_program.ts";
import type { S3Server } from "./server.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

const MIB = 1024 * 1024;
/** What the clients send in parts, and the name and sizes of what they send in one. */
const LARGE_BYTES = 100 * MIB;
const TREE: Record<string, number> = {
  "plain.txt": 10,
  "empty": 0,
  "dir/with space+plus.txt": 1000,
  "dir/deeper/100%.bin": 70_000,
  "dir/deeper/\u00fcml\u00e4ut.txt": 5,
};

interface ClientContext {
  readonly server: S3Server;
  /** A folder with `tree/` and `large`. */
  readonly folder: string;
  /** Runs the client; returns what it printed, and throws if it fails. */
  run(...args: string[]): Promise<string>;
}

interface ClientOptions {
  readonly program: string;
  /** Arguments that every call has. */
  args(server: S3Server, folder: string): string[];
}

/** One test of one client. */
function testClient(
  { program, args }: ClientOptions,
  work: (context: ClientContext) => Promise<void>,
): void {
  testWith(
    program,
    `${program} copies, lists, synchronizes and removes, 100 MB in parts among it`,
    () =>
      withServer(async ({ server, folder: storage }) => {
        const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-client-" });
        try {
          makeTree(folder);
          const run = (...more: string[]): Promise<string> =>
            runClient([program, ...args(server, folder), ...more], { server, folder });
          await work({ server, folder, run });
          assertEquals([...Deno.readDirSync(`${storage}/${BUCKET}/tmp`)], []);
        } finally {
          Deno.removeSync(folder, { recursive: true });
        }
      }),
  );
}

function makeTree(folder: string): void {
  for (const [name, bytes] of Object.entries(TREE)) {
    const path = `${folder}/tree/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, new Uint8Array(bytes).fill(bytes % 251));
  }
  using large = Deno.openSync(`${folder}/large`, { write: true, create: true });
  const block = new Uint8Array(MIB);
  for (let at = 0; at < LARGE_BYTES / MIB; at++) large.writeSync(block.fill(at));
}

async function runClient(
  [program = "", ...args]: string[],
  { server, folder }: { server: S3Server; folder: string },
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: {
      ...server.env(BUCKET),
      AWS_DEFAULT_REGION: server.region,
      // No settings of the user's own, and nothing left in their home.
      HOME: folder,
      AWS_CONFIG_FILE: `${folder}/none`,
      AWS_SHARED_CREDENTIALS_FILE: `${folder}/none`,
      AWS_CA_BUNDLE: "",
      PYTHONUTF8: "1",
    },
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")}: ${code}\n${text(stderr)}\n${text(stdout)}`);
  }
  return text(stdout);
}

/** Fails unless both folders have the same files with the same bytes. */
function assertSameTree(a: string, b: string): void {
  assertEquals(digests(a), digests(b));
}

function digests(folder: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${prefix}`)) {
    const path = `${prefix}${name}`;
    if (isDirectory) Object.assign(found, digests(folder, `${path}/`));
    else {
      const bytes = Deno.readFileSync(`${folder}/${path}`);
      found[path] = createHash("sha1").update(bytes).digest("hex");
    }
  }
  return found;
}

function assertSameFile(a: string, b: string): void {
  const digest = (path: string): string =>
    createHash("sha1").update(Deno.readFileSync(path)).digest("hex");
  assertEquals(digest(a), digest(b));
}

function count(server: S3Server, operation: string): number {
  return server.log.filter((record) => record.operation === operation).length;
}

testClient(
  { program: "aws", args: (server) => ["--endpoint-url", server.url] },
  async (context) => {
    const { server, folder, run } = context;
    await run("s3", "mb", "s3://made-by-aws");
    await run("s3", "cp", `${folder}/large`, `s3://${BUCKET}/large`);
    assertEquals(count(server, "CompleteMultipartUpload"), 1);
    await run("s3", "cp", `s3://${BUCKET}/large`, `${folder}/large.back`);
    assertSameFile(`${folder}/large`, `${folder}/large.back`);
    await run("s3", "sync", `${folder}/tree`, `s3://${BUCKET}/tree`);
    const puts = count(server, "PutObject");
    assertEquals(puts, Object.keys(TREE).length);
    await run("s3", "sync", `${folder}/tree`, `s3://${BUCKET}/tree`);
    assertEquals(count(server, "PutObject"), puts);
    await run("s3", "sync", `s3://${BUCKET}/tree`, `${folder}/tree.back`);
    assertSameTree(`${folder}/tree`, `${folder}/tree.back`);
    const listing = await run("s3", "ls", "--recursive", `s3://${BUCKET}/tree/`);
    for (const name of Object.keys(TREE)) assert(listing.includes(`tree/${name}\n`), listing);
    await run("s3", "cp", `s3://${BUCKET}/tree/plain.txt`, "s3://made-by-aws/copy");
    await run("s3", "mv", "s3://made-by-aws/copy", "s3://made-by-aws/moved");
    await run("s3", "rm", "--recursive", `s3://${BUCKET}/`);
    assertEquals(await run("s3", "ls", `s3://${BUCKET}/`), "");
    await run("s3", "rb", "--force", "s3://made-by-aws");
    const head = ["s3api", "head-bucket", "--bucket", "made-by-aws"];
    assertEquals(await run(...head).then(() => "there", () => "gone"), "gone");
  },
);

testClient({
  program: "s3cmd",
  args: (server) => [
    `--access_key=${server.accessKeyId}`,
    `--secret_key=${server.secretAccessKey}`,
    `--host=127.0.0.1:${server.port}`,
    `--host-bucket=127.0.0.1:${server.port}`,
    "--region=us-east-1",
    "--no-ssl",
    "--no-progress",
  ],
}, async ({ server, folder, run }) => {
  await run("mb", "s3://made-by-s3cmd");
  await run("put", `${folder}/large`, `s3://${BUCKET}/large`);
  assertEquals(count(server, "CompleteMultipartUpload"), 1);
  await run("get", `s3://${BUCKET}/large`, `${folder}/large.back`);
  assertSameFile(`${folder}/large`, `${folder}/large.back`);
  await run("sync", `${folder}/tree/`, `s3://${BUCKET}/tree/`);
  const puts = count(server, "PutObject");
  await run("sync", `${folder}/tree/`, `s3://${BUCKET}/tree/`);
  assertEquals(count(server, "PutObject"), puts);
  Deno.mkdirSync(`${folder}/tree.back`);
  await run("sync", `s3://${BUCKET}/tree/`, `${folder}/tree.back/`);
  assertSameTree(`${folder}/tree`, `${folder}/tree.back`);
  const listing = await run("ls", "--recursive", `s3://${BUCKET}/tree/`);
  for (const name of Object.keys(TREE)) assert(listing.includes(`tree/${name}\n`), listing);
  await run("cp", `s3://${BUCKET}/tree/plain.txt`, "s3://made-by-s3cmd/copy");
  await run("mv", "s3://made-by-s3cmd/copy", "s3://made-by-s3cmd/moved");
  await run("rm", "s3://made-by-s3cmd/moved");
  await run("rb", "s3://made-by-s3cmd");
  await run("del", "--recursive", "--force", `s3://${BUCKET}/`);
  assertEquals(await run("ls", `s3://${BUCKET}/`), "");
});

testClient({
  program: "rclone",
  args: (server, folder) => [
    `--config=${folder}/rclone.conf`,
    "--s3-provider=Other",
    `--s3-access-key-id=${server.accessKeyId}`,
    `--s3-secret-access-key=${server.secretAccessKey}`,
    `--s3-endpoint=${server.url}`,
    "--s3-region=us-east-1",
    "--s3-upload-cutoff=20M",
    "--s3-chunk-size=10M",
  ],
}, async ({ server, folder, run }) => {
  const [bucket, made] = [`:s3:${BUCKET}`, ":s3:made-by-rclone"];
  await run("mkdir", made);
  await run("copyto", `${folder}/large`, `${bucket}/large`);
  assertEquals(count(server, "UploadPart"), 10);
  await run("copyto", `${bucket}/large`, `${folder}/large.back`);
  assertSameFile(`${folder}/large`, `${folder}/large.back`);
  await run("sync", `${folder}/tree`, `${bucket}/tree`);
  const puts = count(server, "PutObject");
  await run("sync", `${folder}/tree`, `${bucket}/tree`);
  assertEquals(count(server, "PutObject"), puts);
  await run("sync", `${bucket}/tree`, `${folder}/tree.back`);
  assertSameTree(`${folder}/tree`, `${folder}/tree.back`);
  await run("check", "--download", `${folder}/tree`, `${bucket}/tree`);
  const listing = await run("lsf", "--recursive", "--files-only", `${bucket}/tree`);
  assertEquals(listing.trim().split("\n").sort(), Object.keys(TREE).sort());
  await run("copyto", `${bucket}/tree/plain.txt`, `${made}/copy`);
  await run("moveto", `${made}/copy`, `${made}/moved`);
  assertEquals(await run("lsf", made), "moved\n");
  await run("purge", made);
  await run("delete", bucket);
  assertEquals(await run("lsf", "--files-only", "--recursive", bucket), "");
});
