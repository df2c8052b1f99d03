/** A signal during a hanging write: the command ends soon, and says what it knows. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type Hanging, LackingStore, type PassingRequest } from "../bucket/s3/lacking_store.ts";
import { Fleet, startProgram } from "./fleet.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The store, and whether it hangs yet. */
interface HangingStore extends AsyncDisposable {
  readonly fleet: Fleet;
  /** Runs `ftl` until it hangs at a request, sends it a signal, and expects it to end soon. */
  interrupted(args: readonly string[], hanging: Hanging): Promise<Ended>;
}

async function start(): Promise<HangingStore> {
  const fleet = await Fleet.start();
  let hangs: Hanging = () => undefined;
  const store = LackingStore.before(fleet.server, { hanging: (request) => hangs(request) });
  return {
    fleet,
    interrupted: async (args, hanging) => {
      hangs = hanging;
      store.held.length = 0;
      const env = { ...fleet.env, ...store.env() };
      const child = startProgram(args, { cwd: fleet.folder.path, env });
      let hasEnded = false;
      const output = child.output().finally(() => hasEnded = true);
      while (store.held.length === 0 && !hasEnded) await new Promise((next) => setTimeout(next, 1));
      const sent = performance.now();
      if (!hasEnded) child.kill("SIGTERM");
      const { code, stdout, stderr } = await output;
      const milliseconds = performance.now() - sent;
      const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert(milliseconds < LONGEST, `${milliseconds} ms: ${err}`);
      assertEquals(code, 143, err);
      return { code, stdout: out, stderr: err };
    },
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await fleet[Symbol.asyncDispose]();
    },
  };
}

/** Milliseconds, far below the 20 s of a single attempt: the grace period, a last look, and a busy machine. */
const LONGEST = 10_000;

const blesses = ({ method, path }: PassingRequest): boolean =>
  method === "PUT" && path.endsWith("/a.rev");
const writes = ({ method }: PassingRequest): boolean => method !== "GET" && method !== "HEAD";
/** From the first write on, the store answers nothing. */
function fromFirst(isFirst: (request: PassingRequest) => boolean): Hanging {
  let hangs = false;
  return (request) => {
    hangs ||= isFirst(request);
    return hangs ? "lost" : undefined;
  };
}

Deno.test("if a blessing hangs and the store answers other requests, the error says that it is not written so far", async () => {
  await using store = await start();
  const { fleet } = store;
  const revision = await fleet.spool("a.tgz", { file: "1" });
  const { stderr } = await store.interrupted(
    ["jump", "--master", revision],
    (request) => blesses(request) ? "lost" : undefined,
  );
  const told =
    "Interrupted by SIGTERM before S3 answered: s3://deploys/a.rev has not been written " +
    "so far, but may still be";
  assertMatch(stderr, new RegExp(`^ftl: ${told}\nhint: 'ftl list --master' shows `, "m"));
});

Deno.test("if the store answers nothing any more, a blessing may or may not have been written", async () => {
  await using store = await start();
  const { fleet } = store;
  const revision = await fleet.spool("a.tgz", { file: "1" });
  const { stderr } = await store.interrupted(["jump", "--master", revision], fromFirst(blesses));
  assertMatch(stderr, /^ftl: .* s3:\/\/deploys\/a\.rev may or may not have been written\nhint: /m);
});

Deno.test("a blessing that was written but not answered is reported", async () => {
  await using store = await start();
  const { fleet } = store;
  const revision = await fleet.spool("a.tgz", { file: "1" });
  const { stderr } = await store.interrupted(
    ["jump", "--master", revision],
    (request) => blesses(request) ? "done" : undefined,
  );
  assertMatch(stderr, new RegExp(`^${revision}: blessed`, "m"));
  assertMatch(stderr, /^ftl: Interrupted by SIGTERM$/m);
  assertMatch(await fleet.ok(["list", "--master", "a"]), /\(active\)/);
});

/** Nothing lies beside the revision, which would be removed first. */
async function spoolAlone(fleet: Fleet, text: string): Promise<string> {
  return await fleet.ok(["spool", "--no-delta", await fleet.pack("a.tgz", { file: text })]);
}

Deno.test("a removal that hangs ends, and the error says what is known", async () => {
  await using store = await start();
  const { fleet } = store;
  const [first, second] = [await spoolAlone(fleet, "1"), await spoolAlone(fleet, "2")];
  const one = await store.interrupted(
    ["purge", "--master", first],
    (request) => writes(request) ? "lost" : undefined,
  );
  assertMatch(
    one.stderr,
    new RegExp(`s3://deploys/${first}.tgz has not been removed so far, but may`),
  );
  const all = await store.interrupted(["purge", "--master", "--keep", "0", "a"], fromFirst(writes));
  assertMatch(
    all.stderr,
    /any of 2 objects in s3:\/\/deploys may or may not have been removed\nhint: /,
  );
  assertMatch(await fleet.ok(["list", "--master", "a"]), new RegExp(second));
});

Deno.test("a removal that was done but not answered is reported", async () => {
  await using store = await start();
  const { fleet } = store;
  const revision = await spoolAlone(fleet, "1");
  const { stderr } = await store.interrupted(
    ["purge", "--master", revision],
    (request) => writes(request) ? "done" : undefined,
  );
  assertMatch(stderr, new RegExp(`^${revision}: removed`, "m"));
  assertEquals(await fleet.bucket().list("a."), []);
});

Deno.test("the completion of an upload that hangs ends, and the error says what is known", async () => {
  for (const [mebibytes, isEnd] of UPLOADS) {
    await using store = await start();
    const file = store.fleet.folder.write("a.bin", new Uint8Array(mebibytes << 20));
    const { stdout, stderr } = await store.interrupted(["spool", file], fromFirst(isEnd));
    assertEquals(stdout, "");
    assertMatch(stderr, /s3:\/\/deploys\/a\.\w+\.bin may or may not have been written\nhint: /);
  }
});

const writesRevision = ({ method, path }: PassingRequest): boolean =>
  method === "PUT" && path.endsWith(".bin");

const UPLOADS = [
  [1, writesRevision],
  [20, ({ method, query }: PassingRequest) => method === "POST" && query.has("uploadId")],
] as const;
