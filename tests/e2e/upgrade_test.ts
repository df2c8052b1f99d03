/**
 * A machine and a bucket that only FTL 0.1.0 has used are taken over by the present one, go back, and come again.
 * `tests/proof/upgrade_test.ts` has the kills in between, `older_beside_test.ts` what they do beside each other.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Inspector, PACKAGE } from "../proof/invariants.ts";
import { Lab } from "../proof/lab.ts";
import { ageRecords } from "../proof/records.ts";
import { makeSite } from "../proof/site.ts";
import { idOf } from "./fleet.ts";
import { OlderFtl } from "./older_ftl.ts";
import { runHere } from "./run_here.ts";

type Version = "older" | "newer";

/** The machine of a lab, on which either version runs. */
class Both implements AsyncDisposable {
  readonly inspector: Inspector;

  private constructor(readonly lab: Lab, readonly older: OlderFtl) {
    this.inspector = new Inspector(lab);
  }

  static async start(): Promise<Both> {
    return new Both(await Lab.start([PACKAGE]), new OlderFtl());
  }

  /** Runs a command that must succeed, then looks at everything. Returns its stdout. */
  async run(version: Version, ...args: string[]): Promise<string> {
    const { lab, older } = this;
    // The site is so small that it would come whole.
    const env = { ...lab.env, FTL_DELTA: "always" };
    const { code, stdout, stderr } = version === "older"
      ? await older.runHere(args, env)
      : await runHere(args, env);
    assertEquals(code, 0, `${version} ${args.join(" ")}: ${stderr}`);
    await this.inspector.look();
    return stdout.trimEnd();
  }

  /** Spools a small change of the site. */
  spool(version: Version, change: number): Promise<string> {
    return this.run(version, "spool", this.lab.file(makeSite(PACKAGE, 1, { files: 40, change })));
  }

  /** Blesses a revision, and brings the machine there. Returns it. */
  async release(version: Version, revision: string): Promise<string> {
    await this.run(version, "jump", "--master", revision);
    await this.run(version, "sync");
    assertEquals(this.active, revision);
    return revision;
  }

  get active(): string | undefined {
    return this.lab.linked("current");
  }

  /** What the scripts told since the last call, in their order. */
  told(): string[] {
    const path = `${this.lab.root}/../told`;
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n").filter((line) => line !== "");
    Deno.writeTextFileSync(path, "");
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
    this.older[Symbol.dispose]();
  }
}

/** Commands that only look. */
const LOOKS: readonly string[][] = [
  ["status"],
  ["status", PACKAGE],
  ["list"],
  ["list", PACKAGE],
  ["list", "--master"],
  ["list", "--master", PACKAGE],
  ["sync", "--dry-run"],
  ["doctor"],
];
const NEWER_LOOKS: readonly string[][] = [
  ...LOOKS,
  ["list", "--master", "--long", PACKAGE],
  ["history", PACKAGE],
  ["fleet"],
];

Deno.test("what only 0.1.0 has used is taken over, goes back, and comes again", async () => {
  await using both = await Both.start();
  const { lab: { machine } } = both;
  // 0.1.0 alone: the second one is blessed and has replaced the first, and a person has jumped to the third.
  const revisions: string[] = [];
  for (const change of [1, 2, 3, 4]) revisions.push(await both.spool("older", change));
  const [first = "", second = "", third = "", fourth = ""] = revisions;
  for (const revision of [first, second]) {
    await both.run("older", "jump", "--master", revision);
    await both.run("older", "sync");
  }
  await both.run("older", "jump", third);
  both.told();

  // The present one looks, and takes over: nothing is fetched, nothing runs, the hold stays.
  for (const args of NEWER_LOOKS) await both.run("newer", ...args);
  both.lab.fleet.server.clearLog();
  for (let i = 0; i < 2; i++) await both.run("newer", "sync");
  assertEquals([both.active, both.told()], [third, []]);
  assertEquals(both.lab.fleet.server.log.filter(({ key }) => key?.endsWith(".tgz")), []);
  assertStringIncludes(await both.run("newer", "status", PACKAGE), "held");
  await both.run("newer", "verify", PACKAGE);

  // It does all that there is to do with what 0.1.0 has made.
  await both.run("newer", "jump-back", PACKAGE);
  assertEquals(both.active, second);
  await both.run("newer", "jump", fourth);
  await both.run("newer", "sync", "--follow");
  assertEquals(both.active, second);
  await both.run("newer", "purge", third);
  await both.run("newer", "purge", "--master", third);
  const released: string[] = [];
  for (const change of [5, 6, 7]) {
    released.push(await both.release("newer", await both.spool("newer", change)));
    ageRecords(`${machine.root}/${PACKAGE}/.ftl`);
  }
  const [fifth = "", sixth = "", seventh = ""] = released;
  assertMatch(await both.run("newer", "list", "--long", PACKAGE), /came by a delta/);

  // Back: 0.1.0 finds a spare, records, trees, patches, a history and reports.
  assertEquals(machine.names(`${PACKAGE}/.ftl/spare`).includes(idOf(fifth)), true);
  both.told();
  for (const args of LOOKS) await both.run("older", ...args);
  await both.run("older", "sync");
  assertEquals([both.active, both.told()], [seventh, []]);
  await both.run("older", "jump-back", PACKAGE);
  assertEquals(both.active, sixth);
  await both.run("older", "sync", "--follow");
  // A revision that is here as a spare comes whole.
  const eighth = await both.spool("older", 8);
  for (const revision of [eighth, fifth]) await both.release("older", revision);
  await both.run("older", "purge", seventh);
  await both.run("older", "purge", "--master", "--keep", "1", PACKAGE);

  // And forward: nothing of what 0.1.0 has left is in the way, such as records and trees of what it has removed.
  both.told();
  await both.run("newer", "sync");
  // What 0.1.0 has purged from S3 goes here, too.
  assertEquals(both.told().filter((line) => !line.startsWith("pre-remove ")), []);
  assertEquals(both.active, fifth);
  for (const args of NEWER_LOOKS) await both.run("newer", ...args);
  await both.release("newer", await both.spool("newer", 9));
  await both.run("newer", "verify", PACKAGE);
  const known = machine.names(`${PACKAGE}/revs`);
  const strangers = machine.names(`${PACKAGE}/.ftl/state`)
    .filter((name) => !known.includes(name.replace(/\.(json|stat|tree)$/, "")));
  assertEquals(strangers, []);
});
