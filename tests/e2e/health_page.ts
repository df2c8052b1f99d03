/**
 * A machine for the scripts of docs/health.md. `systemctl`, `aws` and `psql` are programs of the test's own, as no
 * test can have a systemd, a load balancer and a database; the web server is real.
 */
import { assertEquals } from "../assert.ts";
import { Fleet, type Machine, type Ran } from "./fleet.ts";

export const PAGE = Deno.readTextFileSync(new URL("../../docs/health.md", import.meta.url));

/** Where the page's machines answer, and where they know their name from. */
const ADDRESS = "127.0.0.1:8080";
const INSTANCE_ID = "/var/lib/cloud/data/instance-id";

/** The files of one section, by the names that their first comments give. */
export function filesOf(heading: string): Record<string, string> {
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
export class Site implements AsyncDisposable {
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
    await this.#fleet.bless(revision);
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

export function linkTo(revision: string): string {
  return revision.replace("my_site.", "revs/");
}
