/** `spool` of a large file, whose check and upload overlap: what is refused leaves nothing, whatever fails. */
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { ConflictError, createContext, IntegrityError, spool, StorageError } from "../../mod.ts";
import type { UploadOptions, UploadSource } from "../../src/bucket/bucket.ts";
import type { Context } from "../../src/context.ts";
import { RunningCheck } from "../../src/commands/spool/running_check.ts";
import { upload } from "../../src/commands/spool/upload.ts";
import type { SpoolFile } from "../../src/commands/spool/file_check.ts";
import { FileSource, type SumTaker } from "../../src/transfer/upload/file_source.ts";
import { gzip, noise, tar } from "../archive/builders.ts";
import { withProcessors } from "../archive/thread/processors.ts";
import { Fleet } from "../e2e/fleet.ts";
import { aName, aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";
import { SigningFleet } from "./signing_fleet.ts";

/** Bytes: so many are uploaded in parts. */
const LARGE = (16 << 20) + 1;
/** Bytes that take little in the file, and time to check: many times what the checksums of the file take. */
const UNPACKED = LARGE + (128 << 20);
const GOOD = gzip(tar({ name: "noise", content: slowToCheck() }));
/** Refused after all of it has been read. */
const BAD = GOOD.slice(0, -4);
const REFUSED = /^Cannot spool \S+a\.tgz: a\.tgz is truncated/;

function slowToCheck(): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(UNPACKED);
  content.set(noise(LARGE));
  return content;
}

/** The kinds of the events, each once for as long as it comes again and again. */
function kindsOf({ events }: MemoryFleet): string[] {
  const kinds = events.map((event) => event.type === "progress" ? event.work : event.type);
  return kinds.filter((kind, i) => kind !== kinds[i - 1]);
}

/** So the checksums need no thread, whose start may take longer than the check where the machine is busy. */
function onOneProcessor<T>(work: () => Promise<T>): Promise<T> {
  return withProcessors(1, work);
}

type UploadCall = (key: string, source: UploadSource, options: UploadOptions) => Promise<void>;

/** Replaces the bucket's uploads. */
function intercept({ bucket }: MemoryFleet, instead: (upload: UploadCall) => UploadCall): void {
  const real = bucket.upload.bind(bucket);
  bucket.upload = instead(real);
}

function fileOf(rest: string): SpoolFile {
  return { path: `a.${rest}`, name: aPackage("a"), rest, warn: () => {} };
}

async function refusalOf(context: Context, file: string): Promise<string> {
  return (await assertRejects(() => spool(context, file), IntegrityError)).message;
}

Deno.test("a large file is uploaded before its check has ended, and is visible after that", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.write("a.tgz", GOOD);
  const { key, sha256, bytes, entries } = await onOneProcessor(() => spool(fleet.context(), file));
  const kinds = kindsOf(fleet);
  assert(kinds.indexOf("uploading") < kinds.indexOf("checked"), kinds.join());
  assertEquals(kinds.slice(-3), ["checked", "deltas", "uploaded"]);
  assertEquals([bytes, entries], [UNPACKED, 1]);
  const { metadata } = await fleet.bucket.head(key) ?? {};
  const facts = ["ftl-sha256", "ftl-bytes", "ftl-files"].map((name) => metadata?.[name]);
  assertEquals(facts, [sha256, undefined, undefined]);
});

Deno.test("a small file, and one that is signed, are checked before the upload, and described", async () => {
  using fleet = new SigningFleet();
  for (const content of ["small", noise(LARGE)]) {
    fleet.events.length = 0;
    const file = fleet.archive("a.tgz", { name: "v", content });
    const context = typeof content === "string" ? fleet.context() : fleet.as("ci");
    const { key } = await spool(context, file);
    const kinds = kindsOf(fleet);
    assert(kinds.indexOf("checked") < kinds.indexOf("uploading"), kinds.join());
    const { metadata } = await fleet.bucket.head(key) ?? {};
    const facts = [metadata?.["ftl-bytes"], metadata?.["ftl-files"]];
    assertEquals(facts, [String(content.length), "1"]);
  }
});

Deno.test("a large archive that machines would refuse leaves nothing in the bucket", async () => {
  using fleet = new MemoryFleet();
  assertMatch(await refusalOf(fleet.context(), fleet.write("a.tgz", BAD)), REFUSED);
  assertEquals(await fleet.bucket.list(""), []);
});

Deno.test("S3 keeps neither object nor parts of a large archive that machines would refuse", async () => {
  await using fleet = await Fleet.start();
  const file = fleet.folder.write("a.tgz", BAD);
  assertMatch(await refusalOf(createContext(fleet.env), file), REFUSED);
  const operations = fleet.server.log.map(({ operation }) => operation);
  assert(!operations.includes("CompleteMultipartUpload"), operations.join());
  assertEquals([await fleet.bucket().list(""), await fleet.bucket().openUploads("")], [[], []]);
});

Deno.test("if the upload fails too, the fault of the archive is told", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.write("a.tgz", BAD);
  intercept(fleet, () => async (_key, _source, { visibleAfter }) => {
    await visibleAfter?.catch(() => {});
    throw new StorageError("the network is gone", { reason: "unreachable" });
  });
  assertMatch(await refusalOf(fleet.context(), file), REFUSED);
});

Deno.test("an upload that fails first ends the check, which is not heard of any more", async () => {
  using fleet = new MemoryFleet();
  const file = fleet.write("a.tgz", BAD);
  intercept(fleet, () => () => {
    throw new StorageError("the network is gone", { reason: "unreachable" });
  });
  const spooling = onOneProcessor(() => spool(fleet.context(), file));
  await assertRejects(() => spooling, StorageError, "the network is gone");
  assertEquals(fleet.events.filter(({ type }) => type === "checked"), []);
});

Deno.test("under the next id, the file is not checked again", async () => {
  using fleet = new MemoryFleet();
  let tries = 0;
  intercept(fleet, (real) => async (key, source, options) => {
    if (++tries > 2) return await real(key, source, options);
    await options.visibleAfter;
    throw new ConflictError(`${key} is there already`);
  });
  const { key } = await spool(fleet.context(), fleet.write("a.tgz", GOOD));
  assertEquals([tries, (await fleet.bucket.list("a.")).map((object) => object.key)], [3, [key]]);
  assertEquals(fleet.events.filter(({ type }) => type === "checked").length, 1);
  const checked = fleet.events.filter((event) =>
    event.type === "progress" && event.work === "checking"
  );
  assertEquals(checked.length, Math.ceil(GOOD.length / (1 << 20)));
});

Deno.test("an abort ends the upload, and is told", async () => {
  using fleet = new MemoryFleet();
  const controller = new AbortController();
  const reason = new Error("enough");
  const context = { ...fleet.context(), signal: controller.signal };
  intercept(fleet, (real) => (key, source, options) => {
    controller.abort(reason);
    return real(key, source, options);
  });
  const file = fleet.write("a.tgz", GOOD);
  assertEquals(await assertRejects(() => spool(context, file), Error), reason);
  assertEquals(await fleet.bucket.list(""), []);
});

/** Its bytes are others when they are read for the second time, though nothing else tells. */
class ChangingSource extends FileSource {
  #readings = 0;

  override *chunks(sums: SumTaker): Generator<Uint8Array> {
    const isChanged = ++this.#readings === 2;
    for (const chunk of super.chunks({ update: () => {} })) {
      if (isChanged) chunk[0] = (chunk[0] ?? 0) ^ 1;
      sums.update(chunk);
      yield chunk;
    }
  }
}

Deno.test("a file whose check read other bytes than its checksums are of is refused", async () => {
  using fleet = new MemoryFleet();
  using source = new ChangingSource(fleet.write("a.bin", noise(LARGE)));
  await using check = new RunningCheck(fleet.context(), source, fileOf("bin"));
  await check.sums();
  await assertRejects(() => check.done, IntegrityError, "Cannot spool a.bin: ");
});

Deno.test("what must follow the check gets its facts, and comes before the object is visible", async (t) => {
  using fleet = new MemoryFleet();
  using source = new FileSource(fleet.write("a.tgz", GOOD));
  const context = fleet.context();
  await using check = new RunningCheck(context, source, fileOf("tgz"));
  const plan = {
    ...{ subject: aName("a.VZ5vQk8aR4G"), key: "a.VZ5vQk8aR4G.tgz", source },
    ...{ sums: await check.sums(), metadata: {}, checked: check.done },
  };
  await t.step("if it fails, nothing stays", async () => {
    const afterCheck = (): Promise<void> => Promise.reject(new StorageError("no room"));
    const failing = upload(context, fleet.bucket, { ...plan, afterCheck });
    await assertRejects(() => failing, StorageError, "no room");
    assertEquals(await fleet.bucket.list(""), []);
  });
  await t.step("it is waited for", async () => {
    let seen: unknown;
    await upload(context, fleet.bucket, {
      ...plan,
      afterCheck: async (checked) => {
        seen = [checked, await fleet.bucket.list("")];
      },
    });
    assertEquals(seen, [{ entries: 1, bytes: UNPACKED }, []]);
    assertEquals((await fleet.bucket.list("")).length, 1);
  });
});
