/**
 * The scripts of docs/health.md, taken out of the page and deployed. `systemctl`, `aws` and `psql` are programs
 * of the test's own, as no test can have a systemd, a load balancer and a database; the web server and `curl`
 * are real.
 */
import { assertEquals, assertMatch } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { Fleet, type Machine, type Ran } from "./fleet.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/health.md", import.meta.url));

/** Where the page's machines answer, and where they know their name from. */
const ADDRESS = "127.0.0.1:8080";
const INSTANCE_ID = "/var/lib/cloud/data/instance-id";

/** The files of one section, by the names that their first comments give. */
function filesOf(heading: string): Record<string, string> {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const blocks = [...section.matchAll(/^```(?:sh|sql)\n([^]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, text = ""]) => {
    const name = /^(?:#!\/bin\/sh\n# |-- )([\w/-]+\.(?:sh|sql))\b/.exec(text)?.[1];
    if (name === undefined) throw new Error(`A block without a name:\n${text}`);
    return [name, text];
  }));
}

/** Each notes its call. A file beside them decides what they answer: see `Site`. */
const PROGRAMS = {
  systemctl: `
case "$1 $2" in
  "restart my_site.service")
    readlink "$FTL_CURRENT" > running
    ! grep -qx "$(cat running)" failed ;;
  "is-failed --quiet") grep -qx "$(cat running)" failed ;;
  *) exit 64 ;;
esac`,
  aws: `
case "$*" in *"--target-group-arn arn:group --targets Id=i-0abc"*) ;; *) exit 64 ;; esac
case "$1 $2 $3" in
  "elbv2 register-targets "*) touch registered ;;
  "elbv2 deregister-targets "*) rm -f registered ;;
  "elbv2 wait target-deregistered") [ ! -e registered ] ;;
  "elbv2 describe-target-health "*)
    if grep -qx "$(cat running)" bad; then echo unhealthy; else echo healthy; fi ;;
  *) exit 64 ;;
esac`,
  psql: `
[ "$1" = postgres://db/site ] || exit 64
case "$*" in
  *" --file migrations/add.sql")
    grep -q 'ADD COLUMN IF NOT EXISTS note' "$called/migrations/add.sql" || exit 3
    [ -e lost ] || touch migrated ;;
  *" --command SELECT note FROM orders LIMIT 0") [ -e migrated ] ;;
  *) exit 64 ;;
esac`,
};

/** One machine with those programs, and a web server that is well unless the running revision is bad. */
class Site implements AsyncDisposable {
  readonly web: Machine;
  readonly #fleet: Fleet;
  readonly #folder: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#folder = fleet.folder.folder("programs");
    for (const [name, text] of Object.entries(PROGRAMS)) {
      const begin = `#!/bin/sh\ncalled=$PWD\ncd ${this.#folder}\necho "${name} $*" >> calls`;
      fleet.folder.write(`programs/${name}`, `${begin}\n${text}\n`, 0o755);
    }
    fleet.folder.write("programs/instance-id", "i-0abc\n");
    for (const name of ["failed", "bad", "calls"]) this.#write(name, "");
    this.#write("running", "nothing\n");
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(null, { status: this.#isBad() ? 503 : 200 }),
    );
    this.web = fleet.machine("web", ["my_site"], {
      PATH: `${this.#folder}:${Deno.env.get("PATH")}`,
      FTL_HEALTH_TIMEOUT: "2",
      TARGET_GROUP: "arn:group",
      DATABASE_URL: "postgres://db/site",
    });
  }

  static async start(): Promise<Site> {
    return new Site(await Fleet.start());
  }

  /** A new revision of the package, with the page's files; it is blessed. */
  async release(heading: string, version: string): Promise<string> {
    const { hostname, port } = this.#server.addr;
    const files = Object.entries(filesOf(heading)).map(([name, text]) => [
      name,
      text.replaceAll(ADDRESS, `${hostname}:${port}`)
        .replaceAll(INSTANCE_ID, `${this.#folder}/instance-id`),
    ]);
    const revision = await this.#fleet.spool("my_site.tgz", {
      ...Object.fromEntries(files),
      version,
    });
    await this.#fleet.ok(["jump", "--master", revision]);
    return revision;
  }

  /** Runs a sync with that exit code, and gives what it said. `current` must lead to `active` then. */
  async sync(
    code: number,
    active: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran> {
    const ran = await this.web.ftl(["sync"], { env });
    assertEquals(ran.code, code, ran.stderr);
    assertEquals(this.web.link("my_site/current"), linkTo(active));
    return ran;
  }

  /** From now on who runs this revision is not well: its unit fails, or it answers so. */
  make(kind: "failed" | "bad", revision: string): void {
    this.#write(kind, `${linkTo(revision)}\n`);
  }

  /** From now on the database forgets the migration. */
  loseMigration(): void {
    this.#write("lost", "");
    Deno.removeSync(`${this.#folder}/migrated`);
  }

  /** The calls since the last time, without what is the same in each. */
  calls(): string[] {
    const calls = Deno.readTextFileSync(`${this.#folder}/calls`).split("\n");
    this.#write("calls", "");
    return calls.filter((line) => line !== "").map((line) =>
      line.replace(/ --target-group-arn arn:group --targets Id=i-0abc/, "")
    );
  }

  /** What `systemctl restart` has started last. */
  get running(): string {
    return Deno.readTextFileSync(`${this.#folder}/running`).trim();
  }

  #isBad(): boolean {
    return Deno.readTextFileSync(`${this.#folder}/bad`).trim() === this.running;
  }

  #write(name: string, text: string): void {
    this.#fleet.folder.write(`programs/${name}`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#fleet[Symbol.asyncDispose]();
  }
}

function linkTo(revision: string): string {
  return revision.replace("my_site.", "revs/");
}

Deno.test("each block of docs/health.md is a script of a name that FTL knows, and a shell can read it", () => {
  const headings = [...PAGE.matchAll(/^## (A .*)$/gm)].map(([, heading = ""]) => heading);
  assertEquals(
    headings.map((heading) => [heading, Object.keys(filesOf(heading))]),
    [
      ["A service of systemd", ["post-jump.sh", "health.sh"]],
      ["A target group of a load balancer", ["un-jump.sh", "post-jump.sh", "health.sh"]],
      ["A migration of a database", ["pre-jump.sh", "migrations/add.sql", "health.sh"]],
    ],
  );
  for (const [, text = ""] of PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)) {
    const { code, stderr } = new Deno.Command("sh", { args: ["-n", "-c", text] }).outputSync();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], text);
  }
});

testWith(
  "curl",
  "docs/health.md, systemd: a unit that fails, or does not answer, leads back",
  async () => {
    await using site = await Site.start();
    const section = "A service of systemd";
    const old = await site.release(section, "1");
    await site.sync(0, old);
    assertEquals(site.calls(), [
      "systemctl restart my_site.service",
      "systemctl is-failed --quiet my_site.service",
    ]);
    const given = await site.release(section, "2");
    site.make("failed", given);
    const failed = await site.sync(6, old);
    assertMatch(failed.stderr, /^ftl: my_site\.\S+ post-jump failed: exit 1$/m);
    assertMatch(failed.stderr, /health failed: exit 100, after \d s and 1 attempt;/);
    assertEquals(site.running, linkTo(old));

    const mute = await site.release(section, "3");
    site.make("bad", mute);
    const silent = await site.sync(6, old);
    assertMatch(silent.stderr, /health\| curl: \(22\) .*503/);
    assertMatch(silent.stderr, /health failed: exit 22, /);
    assertEquals(site.running, linkTo(old));
  },
);

Deno.test("docs/health.md, target group: the machine leaves, enters, and does both again on the way back", async () => {
  await using site = await Site.start();
  const section = "A target group of a load balancer";
  const [isFailed, restart] = ["is-failed --quiet", "restart"].map((what) =>
    `systemctl ${what} my_site.service`
  );
  const describe = "aws elbv2 describe-target-health " +
    "--query TargetHealthDescriptions[0].TargetHealth.State --output text";
  const leave = ["aws elbv2 deregister-targets", "aws elbv2 wait target-deregistered"];
  const enter = [restart, "aws elbv2 register-targets"];
  const old = await site.release(section, "1");
  await site.sync(0, old);
  assertEquals(site.calls(), [...enter, isFailed, describe]);
  const good = await site.release(section, "2");
  await site.sync(0, good);
  assertEquals(site.calls(), [...leave, ...enter, isFailed, describe]);

  const bad = await site.release(section, "3");
  site.make("bad", bad);
  const { stderr } = await site.sync(6, good);
  assertMatch(stderr, /health failed: exit 1, /);
  const calls = site.calls();
  assertEquals(calls.slice(0, 6), [...leave, ...enter, isFailed, describe]);
  assertEquals(calls.slice(-4), [...leave, ...enter]);
  assertEquals(site.running, linkTo(good));

  // Each script stops at the first command that fails, and none of them keeps the machine.
  const lost = await site.release(section, "4");
  const { stderr: all } = await site.sync(6, good, { TARGET_GROUP: "arn:other" });
  const failures = [...all.matchAll(/^ftl: (\S+) (\S+) failed: exit (\d+)/gm)];
  assertEquals(failures.map(([, revision, step, code]) => [revision, step, code]), [
    [good, "un-jump", "64"],
    [lost, "post-jump", "64"],
    [lost, "health", "1"],
    [lost, "un-jump", "64"],
    [good, "post-jump", "64"],
  ]);
  assertEquals(site.calls().some((call) => call.includes("wait")), false);
});

testWith(
  "curl",
  "docs/health.md, database: the migration comes before the jump, and nothing undoes it",
  async () => {
    await using site = await Site.start();
    const section = "A migration of a database";
    const migrate = "psql postgres://db/site --quiet --set ON_ERROR_STOP=1 " +
      "--command SELECT pg_advisory_lock(4711) --file migrations/add.sql";
    const look = "psql postgres://db/site --quiet --command SELECT note FROM orders LIMIT 0";
    const old = await site.release(section, "1");
    await site.sync(0, old);
    assertEquals(site.calls(), [migrate, look]);

    // No script of this section starts the server: here it is down for every revision.
    await site.release(section, "2");
    site.make("bad", site.running);
    await site.sync(6, old);
    const calls = site.calls();
    assertEquals([calls[0], ...new Set(calls.slice(1))], [migrate, look]);

    await site.release(section, "3");
    site.loseMigration();
    const { stderr: missing } = await site.sync(6, old);
    assertMatch(missing, /health failed: exit 1, /);
    assertEquals(missing.includes("curl"), false);
    site.calls();

    await site.release(section, "4");
    const { stderr } = await site.sync(6, old, { DATABASE_URL: "postgres://gone" });
    assertMatch(stderr, /^ftl: my_site\.\S+ pre-jump failed: exit 64$/m);
    assertEquals(site.calls().length, 1, "nothing but the migration was tried");
  },
);
