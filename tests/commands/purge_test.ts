/** Purging a machine of many revisions. */
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { createContext, type FtlEvent, jump, purge } from "../../mod.ts";
import { holderOf } from "../../src/machine/lock/lock.ts";
import { TempFolder } from "../temp.ts";
import { aName } from "../names.ts";

const COUNT = 1200;
const NEWEST = idOf(COUNT - 1);

function idOf(index: number): string {
  return `Vbz${String(index).padStart(8, "0")}`;
}

/** A root with one package of many revisions. */
class Machine extends TempFolder {
  readonly root = this.folder("root");

  constructor() {
    super();
    this.folder("root/a/.ftl/state");
    for (let index = 0; index < COUNT; index++) {
      this.write(`root/a/revs/${idOf(index)}/file`, "x");
      this.write(`root/a/.ftl/state/${idOf(index)}.json`, '{"postSync":"ok"}');
    }
  }

  get left(): number {
    return [...Deno.readDirSync(`${this.root}/a/revs`)].length;
  }
}

Deno.test("purge --keep leaves the newest, nothing else, and no state of what is gone", async () => {
  using machine = new Machine();
  const context = createContext({ FTL_ROOT: machine.root });
  const { removed, failures } = await purge(context, { package: "a", keep: 3 });
  assertEquals([removed.length, failures, machine.left], [COUNT - 3, [], 3]);
  const own = `${machine.root}/a/.ftl`;
  assertEquals([...Deno.readDirSync(`${own}/state`)].length, 3);
  assertEquals([...Deno.readDirSync(`${own}/trash`)].length, 0);
});

Deno.test("purge --keep of many hears a signal, and lets go of the lock", async () => {
  using machine = new Machine();
  const controller = new AbortController();
  const reason = new Error("enough");
  const report = ({ type }: FtlEvent): void => {
    if (type === "removed") controller.abort(reason);
  };
  const context = createContext({ FTL_ROOT: machine.root }, { report, signal: controller.signal });
  const error = await assertRejects(() => purge(context, { package: "a", keep: 3 }), Error);
  assertEquals(error, reason);
  assert(machine.left > 3 && machine.left < COUNT, `${machine.left} left`);
  assertEquals(holderOf(`${machine.root}/a/.lock`), undefined);
});

Deno.test("a jump has its turn while many are purged, and what it jumped to stays", async () => {
  using machine = new Machine();
  const env = { FTL_ROOT: machine.root };
  const oldest = idOf(0);
  const oldButOne = idOf(COUNT - 4);
  const begun = Promise.withResolvers<void>();
  const report = ({ type }: FtlEvent): void => {
    if (type === "removed") begun.resolve();
  };
  const purging = purge(createContext(env, { report }), { package: "a", keep: 3 });
  await begun.promise;
  await jump(createContext(env), { package: "a", id: oldButOne });
  assert(machine.left > 100, `only ${machine.left} were left when it had its turn`);
  const { removed } = await purging;
  assert(removed.includes(aName(`a.${oldest}`)) && !removed.includes(aName(`a.${oldButOne}`)));
  assertEquals(Deno.readLinkSync(`${machine.root}/a/current`), `revs/${oldButOne}`);
  assertEquals(machine.left, 4);
  assert(!removed.includes(aName(`a.${NEWEST}`)));
});
