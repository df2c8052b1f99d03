/** `mod.ts` as a program of another project imports it: nothing of this repository's settings is there. */
import {
  createContext,
  jump,
  jumpBack,
  jumpBackMaster,
  listLocalRevisions,
  listMasterRevisions,
  planSyncs,
  purge,
  purgeMaster,
  setup,
  status,
  sync,
  UsageError,
} from "../mod.ts";
import { assertEquals, assertRejects, assertThrows } from "./assert.ts";
import { Fleet, idOf, type Ran } from "./e2e/fleet.ts";
import { TempFolder } from "./temp.ts";

const MOD = new URL("../mod.ts", import.meta.url);

/** The code of the examples in the comment at the head of `mod.ts`. */
function examples(): string[] {
  const [comment = ""] = Deno.readTextFileSync(MOD).split("*/", 1);
  return [...comment.matchAll(/^ \* ```ts\n([^]*?)^ \* ```$/gm)]
    .map(([, code = ""]) => code.replace(/^ \* ?/gm, ""));
}

/** Another project, with the same packages in its cache. */
class Project implements Disposable {
  readonly #folder = new TempFolder();

  /** @param config the text of its `deno.json`; undefined for none */
  constructor(config: object | undefined) {
    if (config !== undefined) this.write("deno.json", JSON.stringify(config));
    // So that the versions below FTL's packages need not be asked for.
    Deno.copyFileSync(new URL("deno.lock", MOD), `${this.#folder.path}/deno.lock`);
  }

  write(name: string, text: string): void {
    this.#folder.write(name, text);
  }

  async deno(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const lock = `--lock=${this.#folder.path}/deno.lock`;
    const [command = "", ...rest] = args;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [command, "--quiet", lock, ...rest],
      cwd: this.#folder.path,
      env: { NO_COLOR: "1", ...env },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

const NAMED = { imports: { "@ftl/ftl": MOD.pathname } };

for (
  const [which, config, name] of [
    ["without a deno.json, by path", undefined, MOD.pathname],
    ["with a deno.json, by path", {}, MOD.pathname],
    ["with a deno.json that names it", NAMED, "@ftl/ftl"],
  ] as const
) {
  Deno.test(`another project ${which}: the example spools, blesses and syncs`, async () => {
    const [release = ""] = examples();
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["my_site"]);
    using project = new Project(config);
    project.write("release.ts", release.replaceAll('"@ftl/ftl"', JSON.stringify(name)));
    const file = await fleet.pack("my_site.tgz", { v: "1" });
    const { code, stdout, stderr } = await project.deno(
      ["run", "--allow-all", "release.ts", file],
      { ...fleet.env, FTL_ROOT: web.root },
    );
    assertEquals([code, stderr], [0, ""]);
    const [, activated = ""] = /^(.*) is active\n$/.exec(stdout) ?? [];
    assertEquals(web.link("my_site/current"), `revs/${idOf(activated)}`);
  });
}

Deno.test("every example is right by its types and runs in another project", async () => {
  using project = new Project(NAMED);
  const files = examples().map((code, index) => {
    project.write(`example_${index}.ts`, code);
    return `example_${index}.ts`;
  });
  assertEquals(files.length, 2);
  const silent = { code: 0, stdout: "", stderr: "" };
  assertEquals(await project.deno(["check", ...files]), silent);
  for (const file of files) {
    assertEquals(await project.deno(["run", "--allow-all", file]), silent);
  }
});

Deno.test("importing defines and does nothing else: no permission is asked for", async () => {
  using project = new Project(NAMED);
  project.write("only.ts", 'import { sync } from "@ftl/ftl";\nconsole.log(typeof sync);\n');
  const ran = await project.deno(["run", "--no-prompt", "only.ts"]);
  assertEquals(ran, { code: 0, stdout: "function\n", stderr: "" });
});

Deno.test("purge takes no other number of revisions to keep than a whole one", async () => {
  using folder = new TempFolder();
  for (const id of ["VZ5vQk8aR4G", "VZ5vQk9aR4G"]) folder.folder(`root/a/revs/${id}`);
  const context = createContext({ FTL_ROOT: `${folder.path}/root`, FTL_BUCKET: "deploys" });
  for (const keep of [-1, 1.5, NaN, Infinity]) {
    for (const remove of [purge, purgeMaster]) {
      await assertRejects(() => remove(context, { package: "a", keep }), UsageError, String(keep));
    }
  }
  assertEquals(listLocalRevisions(context, "a").length, 2);
});

Deno.test("a revision is taken by its name or parsed, and what is neither is refused", async () => {
  using folder = new TempFolder();
  for (const id of ["VZ5vQk8aR4G", "VZ5vQk9aR4G"]) folder.folder(`root/a/revs/${id}`);
  const context = createContext({ FTL_ROOT: `${folder.path}/root`, FTL_BUCKET: "deploys" });
  await jump(context, "a.VZ5vQk8aR4G");
  await jump(context, { package: "a", id: "VZ5vQk9aR4G" });
  assertEquals(listLocalRevisions(context, "a").map(({ active }) => active), [false, true]);
  for (const wrong of ["a", "../a.VZ5vQk8aR4G", { package: "..", id: "VZ5vQk8aR4G" }]) {
    await assertRejects(() => jump(context, wrong), UsageError, "is not the name of a revision");
    await assertRejects(
      () => purgeMaster(context, { revision: wrong }),
      UsageError,
      "not the name",
    );
  }
});

Deno.test("a package's name is checked before anything is looked for by it", async () => {
  using folder = new TempFolder();
  folder.folder("root");
  folder.folder("elsewhere/revs/VZ5vQk8aR4G");
  const context = createContext({ FTL_ROOT: `${folder.path}/root`, FTL_BUCKET: "deploys" });
  const wrong = "../elsewhere";
  const calls: (() => Promise<unknown>)[] = [
    () => jumpBack(context, wrong),
    () => jumpBackMaster(context, wrong),
    () => listMasterRevisions(context, wrong),
    () => purge(context, { package: wrong, keep: 0 }),
    () => purgeMaster(context, { package: wrong, keep: 0 }),
    () => planSyncs(context, { packages: [wrong] }),
    () => status(context, wrong),
    () => sync(context, { packages: [wrong] }),
  ];
  for (const call of calls) {
    await assertRejects(call, UsageError, "is not the name of a package");
  }
  assertThrows(() => listLocalRevisions(context, wrong), UsageError, "not the name");
  assertThrows(() => setup(context, "iam", { packages: [wrong] }), UsageError, "not the name");
});
