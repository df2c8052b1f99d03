/** `ftl verify --show` and `--trust`: what FTL says of signatures, the real ssh-keygen says, too. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import type { Metadata } from "../../src/revision/metadata.ts";
import { blessingStatement, revisionStatement } from "../../src/trust/statement.ts";
import { aPackage } from "../names.ts";
import { testWith } from "../required_program.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { aPerson, lineOf } from "../trust/people.ts";
import { SSH_KEYGEN } from "../trust/ssh_keygen.ts";
import { assertError } from "./assert_error.ts";
import { Fleet } from "./fleet.ts";
import { document } from "./json_run.ts";

const CI = aPerson("ci@example.com");
const ANN = aPerson("ann@example.com");
const BOB = aPerson("bob@example.com");

interface Given {
  readonly fleet: Fleet;
  readonly revision: string;
  /** With a space and a quote in its path, as a shell must be told. */
  readonly trust: string;
}

/** A revision that CI has signed, and Ann and Bob have blessed. */
async function signed(): Promise<Given> {
  const fleet = await Fleet.start();
  const file = fleet.folder.write("one.txt", "text\n");
  const revision = await fleet.ok(["spool", file]);
  await fleet.ok(["jump", "--master", revision]);
  const bucket = fleet.bucket();
  const key = `${revision}.txt`;
  const { metadata = {} } = await bucket.head(key) ?? {};
  const statement = revisionStatement({ bucket: bucket.name, key, size: 5, metadata });
  const withSignature: Metadata = { ...metadata, "ftl-sig-1": CI.sign(statement) };
  await bucket.put(key, "text\n", { metadata: withSignature });
  const pointer = await bucket.getSmall("one.rev");
  assert(pointer !== undefined);
  const { text } = pointer;
  const facts = { bucket: bucket.name, package: aPackage("one"), text, metadata: pointer.metadata };
  const blessing = blessingStatement(facts);
  await bucket.put("one.rev", text, {
    metadata: {
      ...pointer.metadata,
      "ftl-sig-1": ANN.sign(blessing),
      "ftl-sig-2": BOB.sign(blessing),
    },
  });
  const trust = fleet.folder.write(
    "who may 'sign'",
    [
      lineOf(CI, 'namespaces="ftl-spool:*"'),
      lineOf(ANN, 'namespaces="ftl-bless:*"'),
      lineOf(BOB, 'namespaces="ftl-bless:one",valid-before="20990101"'),
    ].join("\n") + "\n",
  );
  return { fleet, revision, trust };
}

async function shell(line: string): Promise<{ readonly success: boolean; readonly said: string }> {
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", line] }).output();
  const decoder = new TextDecoder();
  return { success, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

testWith(SSH_KEYGEN, "ssh-keygen verifies by the lines that --show prints", async () => {
  const { fleet, revision, trust } = await signed();
  await using _fleet = fleet;
  const env = { FTL_TRUST: trust };
  const cases: [name: string, who: string[]][] = [
    ["one", ["ann@example.com", "bob@example.com"]],
    [revision, ["ci@example.com"]],
  ];
  for (const [name, who] of cases) {
    const folder = `${fleet.folder.path}/shown ${name}`;
    const args = ["verify", "--master", name, "--show", folder];
    const { code, stdout, stderr } = await fleet.ftl(args, { env });
    assertEquals(code, 0, stderr);
    const commands = stdout.split("\n").filter((line) => line.startsWith("ssh-keygen "));
    assertEquals(commands.length, who.length);
    for (const [index, line] of commands.entries()) {
      const { success, said } = await shell(line);
      assert(success, `${line}: ${said}`);
      assertMatch(said, new RegExp(`^Good "ftl-(bless|spool):one" signature for ${who[index]} `));
    }
    assertEquals(treeOf(folder).map((line) => line.split(" ")[0]), [
      ...who.map((_, index) => `signature.${index + 1}`),
      "statement",
    ]);
    // Not one letter may be another.
    const statement = Deno.readTextFileSync(`${folder}/statement`);
    Deno.writeTextFileSync(`${folder}/statement`, statement.replace("bucket: d", "bucket: D"));
    assertEquals((await shell(commands[0] ?? "")).success, false);
    // It never overwrites.
    assertError(await fleet.ftl(args, { env }), { code: 2, says: /is not empty/ });
  }
});

testWith(
  SSH_KEYGEN,
  "where no file tells whose a key is, the lines say which key it is",
  async () => {
    const { fleet } = await signed();
    await using _fleet = fleet;
    const trusts = [undefined, ANN.publicKey, fleet.folder.write("only_ci", lineOf(CI))];
    for (const [index, trust] of trusts.entries()) {
      const args = ["verify", "--master", "one", "--show", `${fleet.folder.path}/shown ${index}`];
      const { stdout } = await fleet.ftl(args, { env: { FTL_TRUST: trust } });
      const commands = stdout.split("\n").filter((line) => line.startsWith("ssh-keygen "));
      assertEquals(commands.length, 2);
      for (const line of commands) {
        const { success, said } = await shell(line);
        assert(success, `${line}: ${said}`);
        assertMatch(said, /^Good "ftl-bless:one" signature with ED25519 key SHA256:/);
      }
    }
  },
);

Deno.test("verify --master has a line for each signature", async () => {
  const { fleet, trust } = await signed();
  await using _fleet = fleet;
  const { code, stdout } = await fleet.ftl(["verify", "--master", "one", "--trust", trust]);
  assertEquals(
    [code, stdout.split("\n").slice(1, -1).map((line) => line.replace(/SHA256.*/, ""))],
    [
      0,
      [
        "ok\trevision\tsigned by ci@example.com\t",
        "ok\tblessing\tsigned by ann@example.com\t",
        "ok\tblessing\tsigned by bob@example.com\t",
      ],
    ],
  );
  const unchecked = await fleet.ftl(["verify", "--master", "one"]);
  assertEquals(unchecked.stdout.split("\n").slice(1, -1), [
    "unchecked\trevision\t1 signature, not checked: FTL_TRUST is not set",
    "unchecked\tblessing\t2 signatures, not checked: FTL_TRUST is not set",
  ]);
  const few = { FTL_TRUST: trust, FTL_TRUST_THRESHOLD: "3" };
  const late = await fleet.ftl(["verify", "--master", "one"], { env: few });
  assertEquals(late.code, 5);
  assertMatch(late.stdout, /^too-few\tblessing\t2 of 3 people have signed it: ann@.*, bob@/m);
  assertMatch(late.stderr, /^ftl: one\.rev is not trusted: 2 of 3 people/m);
  assertMatch(
    late.stderr,
    /^hint: Another person signs it, too, by the same 'ftl jump --master'$/m,
  );
});

Deno.test("--trust FILE alone shows whom a file trusts, without a bucket or any variable", async () => {
  using folder = new TempFolder();
  const file = folder.write(
    "allowed",
    `${lineOf(ANN, 'namespaces="ftl-bless:*",valid-after="20260101Z"')}\nbob\n${lineOf(CI)}\n`,
  );
  await using fleet = await Fleet.start();
  const env = { FTL_BUCKET: undefined, AWS_ENDPOINT_URL_S3: undefined, AWS_REGION: undefined };
  fleet.server.clearLog();
  const { code, stdout } = await fleet.ftl(["verify", "--trust", "allowed"], {
    env,
    cwd: folder.path,
  });
  assertEquals([code, stdout.replace(/SHA256:\S+/g, "SHA256")], [
    0,
    "signer\tann@example.com\tSHA256\tftl-bless:*\tafter 2026-01-01T00:00:00.000Z\n" +
    "signer\tci@example.com\tSHA256\t*\nskipped\tline 2\tit has no key\n",
  ]);
  const found = await document(fleet, ["verify", "--trust", file]);
  assertEquals([found.trust, found.signers.length, found.skipped], [
    file,
    2,
    [{ line: 2, reason: "it has no key" }],
  ]);
  assertEquals(fleet.server.log, []);
  for (
    const [text, says] of [["bob\n", /names nobody who may sign/], ["", /names nobody/]] as const
  ) {
    const path = folder.write("nobody", text);
    assertError(await fleet.ftl(["verify", "--trust", path], { env }), { code: 2, says });
  }
  const nowhere = await fleet.ftl(["verify", "--trust", `${folder.path}/no`], { env });
  assertError(nowhere, { code: 2, says: /--trust cannot be read/ });
});
