/** Who gets a lock, who does not, and how its file is protected. */
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { BusyError, ConflictError, StorageError } from "../../../src/errors.ts";
import { acquireLock, type HeldLock, holderOf, tryLock } from "../../../src/machine/lock/lock.ts";
import { STRACE, testWith } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";

const SIGNAL = new AbortController().signal;
const OPTIONS = {
  what: "my_site",
  command: "ftl purge",
  signal: SIGNAL,
  deadlock: () => undefined,
};

function acquire(path: string, wait = 20): Promise<HeldLock> {
  return acquireLock(path, {
    what: "my_site",
    command: "ftl sync",
    wait,
    signal: SIGNAL,
    onWait: () => {},
    deadlock: () => undefined,
  });
}

function modeOf(path: string): number {
  return (Deno.lstatSync(path).mode ?? 0) & 0o777;
}

/** A lock in the form of 0.1.0: whoever can read it can hold it. */
function oldLock(folder: TempFolder): { path: string; foreign: Deno.FsFile } {
  const path = folder.write(".lock", "", 0o644);
  return { path, foreign: Deno.openSync(path, { read: true }) };
}

Deno.test("only the owner can open a lock's file, even one that 0.1.0 made readable for all", async () => {
  using folder = new TempFolder();
  const fresh = `${folder.path}/fresh`;
  const old = folder.write("old", "pid 1, ftl sync, since then, a longer text than any\n", 0o644);
  for (const path of [fresh, old]) {
    using _lock = await acquire(path);
    assertEquals(modeOf(path), 0o600);
    assertMatch(holderOf(path) ?? "", new RegExp(`^pid ${Deno.pid}, ftl sync, since `));
  }
  assertEquals(holderOf(old), undefined);
});

testWith(
  STRACE,
  "a released lock is free, even while another thread starts a program",
  async () => {
    using folder = new TempFolder();
    const path = folder.write("main.ts", STARTING_A_PROGRAM);
    // Until the child process runs the program, it has all files that this process has open.
    const late = ["-e", "trace=execve", "-e", "inject=execve:delay_enter=1000000"];
    const { stdout, stderr } = await new Deno.Command("strace", {
      args: ["-f", "-o", "/dev/null", ...late, Deno.execPath(), "run", "--allow-all", path],
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout),
      "taken again\n",
      new TextDecoder().decode(stderr),
    );
  },
);

const STARTING_A_PROGRAM = `
import { holderOf, tryLock } from "${new URL(
  "../../../src/machine/lock/lock.ts",
  import.meta.url,
)}";

const OPTIONS = {
  what: "my_site",
  command: "ftl sync",
  signal: new AbortController().signal,
  deadlock: () => undefined,
};
const starting = 'new Deno.Command("/bin/true").outputSync(); postMessage("ended");';
const isStarted = () => [...Deno.readDirSync("/proc/self/task")].some(({ name }) => {
  return Deno.readTextFileSync("/proc/self/task/" + name + "/children") !== "";
});

const path = import.meta.dirname + "/.lock";
const lock = await tryLock(path, OPTIONS);
const worker = new Worker("data:text/javascript," + encodeURIComponent(starting), { type: "module" });
worker.onmessage = () => {
  throw new Error("The program was started too early for this test");
};
while (!isStarted()) await new Promise((resolve) => setTimeout(resolve, 1));
lock[Symbol.dispose]();
if (holderOf(path) !== undefined) throw new Error("still held");
if (await tryLock(path, OPTIONS) instanceof Error) throw new Error("still busy");
console.log("taken again");
worker.terminate();
`;

Deno.test("a caller waits for a held lock, and then learns who holds it", async () => {
  using folder = new TempFolder();
  const path = `${folder.path}/.lock`;
  using _lock = await acquire(path);
  assert(await tryLock(path, OPTIONS) instanceof BusyError);
  const error = await assertRejects(() => acquire(path, 0), BusyError);
  assertMatch(error.message, /^my_site is locked by pid [0-9]+, ftl sync, since /);
  assertEquals(error.holder, { pid: Deno.pid, command: "ftl sync" });
});

Deno.test("a lock does not count as busy while somebody only asks for its holder", async () => {
  using folder = new TempFolder();
  const path = folder.write(".lock", "", 0o600);
  for (const take of [() => acquire(path, 0), () => tryLock(path, OPTIONS)]) {
    using asking = Deno.openSync(path, { read: true });
    assert(asking.tryLockSync(false));
    const taking = take();
    // By then the first attempt is over.
    await new Promise((resolve) => setTimeout(resolve));
    asking.unlockSync();
    const lock = await taking;
    assert(!(lock instanceof BusyError));
    using _lock = lock;
    assertEquals(lock.path, path);
  }
});

Deno.test("a lock that another user shares can be taken, by only one holder at a time", async () => {
  using folder = new TempFolder();
  const { path, foreign } = oldLock(folder);
  using _foreign = foreign;
  assert(foreign.tryLockSync(false));
  let [holders, most] = [0, 0];
  await Promise.all([1, 2, 3, 4, 5].map(async () => {
    using _lock = await acquire(path);
    most = Math.max(most, ++holders);
    await new Promise((resolve) => setTimeout(resolve));
    holders--;
  }));
  assertEquals(most, 1);
  assertEquals(modeOf(path), 0o600);
});

Deno.test("a lock that another user holds alone can be taken after the wait", async () => {
  using folder = new TempFolder();
  const { path, foreign } = oldLock(folder);
  using _foreign = foreign;
  assert(foreign.tryLockSync(true));
  using lock = await acquire(path, 0);
  assert(await tryLock(lock.path, OPTIONS) instanceof BusyError);
});

Deno.test("a lock is not taken from the holder that it names", async () => {
  using folder = new TempFolder();
  const { path, foreign } = oldLock(folder);
  using _foreign = foreign;
  assert(foreign.tryLockSync(true));
  Deno.writeTextFileSync(path, "pid 7, ftl sync, since 2026-01-01T00:00:00.000Z\n");
  const error = await assertRejects(() => acquire(path, 0), ConflictError);
  assertMatch(error.message, /locked by pid 7, ftl sync/);
});

Deno.test("a file with a second name is not written to: the lock gets a new file", async () => {
  using folder = new TempFolder();
  const precious = folder.write("precious", "precious", 0o600);
  const path = `${folder.path}/.lock`;
  Deno.linkSync(precious, path);
  using _lock = await acquire(path);
  assertEquals(Deno.readTextFileSync(precious), "precious");
  assertMatch(Deno.readTextFileSync(path), /^pid /);
});

const NO_LOCKS: [name: string, make: (path: string, precious: string) => void][] = [
  ["a link to a file", (path, precious) => Deno.symlinkSync(precious, path)],
  ["a link to nothing", (path) => Deno.symlinkSync("nowhere", path)],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a fifo", (path) => {
    assert(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
  }],
];

for (const [name, make] of NO_LOCKS) {
  Deno.test(`a lock is refused if ${name} is in its place, which stays unchanged`, async () => {
    using folder = new TempFolder();
    const precious = folder.write("precious", "precious", 0o644);
    const path = `${folder.path}/.lock`;
    make(path, precious);
    const before = Deno.lstatSync(path);
    const error = await assertRejects(() => acquire(path, 0), StorageError);
    assert(error.message.includes(path), error.message);
    assert(error.hint !== undefined);
    assertEquals(Deno.lstatSync(path).ino, before.ino);
    assertEquals([Deno.readTextFileSync(precious), modeOf(precious)], ["precious", 0o644]);
    assertEquals(holderOf(path), undefined);
    assertEquals([...Deno.readDirSync(folder.path)].length, 2);
  });
}

Deno.test("a lock that cannot be tried is reported as a failure of the disk", async () => {
  using folder = new TempFolder();
  const file = folder.write("file", "");
  const error = await assertRejects(() => tryLock(`${file}/.lock`, OPTIONS), StorageError);
  assertMatch(error.message, /^Cannot lock .*\/file\/\.lock: /);
});
