/** `ftl doctor`: whom a machine trusts, who else could change that, and whether enough people may bless. */
import { assertEquals, assertMatch } from "../assert.ts";
import { doctor } from "../../mod.ts";
import { ROOT, testWith } from "../required_program.ts";
import { aPerson, lineOf, type Person } from "../trust/people.ts";
import { KEYS } from "../trust/vectors.ts";
import { findings } from "./doctor_findings.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const BLESS = 'namespaces="ftl-bless:*"';
const [ANN, BOB, CI] = [aPerson("ann@x.org"), aPerson("bob@x.org"), aPerson("ci@x.org")];

/** A line of a file, maybe with another name. */
function allowed(person: Person, options = "", name = person.name): string {
  return `${lineOf({ ...person, name }, options)}\n`;
}

const CI_LINE = allowed(CI, 'namespaces="ftl-spool:*"');
const FILE = allowed(ANN, BLESS) + allowed(BOB, BLESS) + CI_LINE;

/** What doctor says of these signers, on a machine that wants `a`. */
async function ofFile(text: string, env: Record<string, string> = {}): Promise<string[]> {
  using fleet = new MemoryFleet();
  const path = fleet.write("allowed_signers", text);
  const { FTL_TRUST = path } = env;
  const web = fleet.context("web", ["a"], { ...env, FTL_TRUST: FTL_TRUST.replace("FILE", path) });
  return (await findings(web, "trust")).map((line) => line.replaceAll(fleet.path, "DIR"));
}

Deno.test("doctor says who is trusted, and warns of each line that trusts nobody", async () => {
  const wrong = "# comment\n*.org cert-authority " + KEYS.other + "\nbob@x.org ssh-dss AAAA\n";
  assertEquals(await ofFile(FILE + wrong), [
    "ok DIR/allowed_signers: 3 keys of ann@x.org, bob@x.org, ci@x.org",
    "warn DIR/allowed_signers, line 5: it is an authority of certificates, which FTL does not trust",
    "warn DIR/allowed_signers, line 6: 'ssh-dss' is no type of key that FTL knows",
  ]);
  const [alone = ""] = await ofFile("", { FTL_TRUST: KEYS.ed25519 });
  assertMatch(alone, /^ok FTL_TRUST: 1 key of SHA256:\S{43}$/);
});

Deno.test("doctor says that an FTL_TRUST with warn: refuses nothing", async () => {
  assertEquals(await ofFile(FILE, { FTL_TRUST: "warn:FILE" }), [
    "info DIR/allowed_signers: 3 keys of ann@x.org, bob@x.org, ci@x.org; what is not trusted only gives a warning",
  ]);
});

Deno.test("doctor fails for an FTL_TRUST that no command takes, with the error of the commands", async () => {
  const [missing = ""] = await ofFile("", { FTL_TRUST: "/nowhere/allowed_signers" });
  assertMatch(missing, /^fail FTL_TRUST cannot be read: '\/nowhere\/allowed_signers'/);
  const [empty = ""] = await ofFile("# nobody\n");
  assertMatch(empty, /^fail 'DIR\/allowed_signers' names nobody who may sign/);
  const [word = ""] = await ofFile("", { FTL_TRUST: "etc/allowed_signers" });
  assertMatch(word, /^fail FTL_TRUST: 'etc\/allowed_signers' is no key that may sign/);
});

/** The lines, the threshold, and the failure. */
const PEOPLE: [sentence: string, text: string, threshold: string, failure: string | undefined][] = [
  ["two people are enough for two", FILE, "2", undefined],
  [
    "three are needed, and two may",
    FILE,
    "3",
    "only 2 people may bless a, and FTL_TRUST_THRESHOLD is 3",
  ],
  [
    "two keys of one person are one person",
    allowed(ANN, BLESS) + allowed(BOB, "", ANN.name),
    "2",
    "only 1 person may bless a, and FTL_TRUST_THRESHOLD is 2",
  ],
  [
    "a name with a wildcard may be the other person",
    allowed(ANN) + allowed(BOB, "", "*@x.org"),
    "2",
    "only 1 person may bless a, and FTL_TRUST_THRESHOLD is 2",
  ],
  [
    "nobody may bless",
    CI_LINE,
    "1",
    "nobody may bless a",
  ],
  [
    "nobody may bless this package",
    allowed(ANN, 'namespaces="ftl-bless:b*"'),
    "1",
    "nobody may bless a",
  ],
  ["RSA keys bless nothing", `ann@x.org ${KEYS.rsa3072}\n`, "1", "nobody may bless a"],
];

for (const [sentence, text, threshold, failure] of PEOPLE) {
  Deno.test(`doctor on the number of people who may bless: ${sentence}`, async () => {
    const found = await ofFile(text, { FTL_TRUST_THRESHOLD: threshold });
    assertEquals(
      found.slice(1),
      failure === undefined ? [] : [`fail No blessing can be trusted: ${failure}`],
    );
  });
}

Deno.test("doctor only warns that too few may bless where nothing is enforced", async () => {
  const env = { FTL_TRUST: "warn:FILE", FTL_TRUST_THRESHOLD: "3" };
  assertEquals((await ofFile(FILE, env)).slice(1), [
    "warn No blessing can be trusted: only 2 people may bless a, and FTL_TRUST_THRESHOLD is 3",
  ]);
});

Deno.test("an intruder who can write to the signers' file, or to a folder above it, is warned of", async () => {
  using fleet = new MemoryFleet();
  const folder = fleet.folder("etc/ftl");
  const path = fleet.write("etc/ftl/allowed_signers", FILE);
  const web = fleet.context("web", ["a"], { FTL_TRUST: path });
  const remarks = async (): Promise<string[]> => (await findings(web, "trust")).slice(1);
  const warning = (place: string): string =>
    `warn ${place} can be changed by others than its owner, who so decides what runs here`;
  assertEquals(await remarks(), []);
  Deno.chmodSync(path, 0o664);
  assertEquals(await remarks(), [warning(path)]);
  Deno.chmodSync(path, 0o644);
  Deno.chmodSync(`${fleet.path}/etc`, 0o777);
  assertEquals(await remarks(), [warning(`${fleet.path}/etc`)]);
  // Then nobody else can move what is in it.
  Deno.chmodSync(`${fleet.path}/etc`, 0o1777);
  assertEquals(await remarks(), []);
  // The link's own folder counts, and that of what it leads to.
  Deno.symlinkSync(folder, fleet.folder("links") + "/current");
  Deno.chmodSync(folder, 0o770);
  const linked = fleet.context("web", [], {
    FTL_TRUST: `${fleet.path}/links/current/allowed_signers`,
  });
  assertEquals((await findings(linked, "trust")).slice(1), [warning(folder)]);
});

testWith(ROOT, "a signers' file that belongs to somebody else is warned of", async () => {
  using fleet = new MemoryFleet();
  const path = fleet.write("allowed_signers", FILE);
  Deno.chownSync(path, 1234, 1234);
  const web = fleet.context("web", ["a"], { FTL_TRUST: path });
  assertEquals((await findings(web, "trust")).slice(1), [
    `warn ${path} can be changed by uid 1234, who so decides what runs here`,
  ]);
});

Deno.test("doctor warns of variables that do nothing without FTL_TRUST", async () => {
  using fleet = new MemoryFleet();
  const beside = {
    FTL_TRUST_THRESHOLD: "2",
    FTL_TRUST_SINCE: "2026-11-25",
    FTL_TRUST_MAX_AGE: "30",
    FTL_TRUST_BUCKET: "other",
  };
  const of = async (env: Record<string, string>): Promise<string[]> => {
    return await findings(fleet.context("web", ["a"], env), ...Object.keys(beside));
  };
  const idle = (value: string): string => `warn ${value}, which does nothing: FTL_TRUST is not set`;
  assertEquals(await of(beside), [idle("other"), idle("2026-11-25"), idle("2"), idle("30")]);
  const trusted = await of({ ...beside, FTL_TRUST: KEYS.ed25519 });
  assertEquals(trusted, ["ok other", "ok 2026-11-25", "ok 2", "ok 30"]);
  // Who signs names the bucket in what is signed.
  const signing = await of({ FTL_TRUST_BUCKET: "other", FTL_SIGN_KEY: "/dev/null" });
  assertEquals(signing, ["ok other"]);
});

Deno.test("without FTL_TRUST and FTL_SIGN_KEY doctor says nothing of signatures", async () => {
  using fleet = new MemoryFleet();
  const { checks } = await doctor(fleet.context("web", ["a"]));
  assertEquals(checks.filter(({ name }) => /trust|sign/i.test(name)), []);
});
