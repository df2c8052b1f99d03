/** `FTL_SIGN_KEY` in each of its forms, with the real ssh-keygen, which also verifies what was signed. */
import { assert, assertEquals } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_AGENT, SSH_KEYGEN, sshKeygen } from "../trust/ssh_keygen.ts";
import { until } from "../until.ts";
import { assertError } from "./assert_error.ts";
import { Fleet, type RunOptions } from "./fleet.ts";
import { isSigned, type Judge, newKey, publicKeyOf, RESTRICTED } from "./signing_run.ts";

/** Spools and blesses with a key, and has both verified. */
async function signsAll(judge: Judge, options: RunOptions): Promise<void> {
  const { fleet } = judge;
  const run = { ...options, program: RESTRICTED };
  const file = await fleet.pack("a.tgz", { v: "1" });
  const revision = await fleet.ok(["spool", file, "-m", "50 % \u00e4"], run);
  await fleet.ok(["jump", "--master", revision, "-m", "looks good"], run);
  const [object] = (await fleet.bucket().list(revision)).map(({ key }) => key);
  assert(await isSigned(judge, object ?? ""), "the revision");
  assert(await isSigned(judge, "a.rev"), "the blessing");
}

testWith(SSH_KEYGEN, "a key's path signs, by ssh-keygen", async (t) => {
  await using fleet = await Fleet.start();
  for (const type of ["ed25519", "ecdsa"]) {
    await t.step(type, async () => {
      const path = newKey(fleet, type, "-t", type);
      await signsAll({ fleet, publicKey: publicKeyOf(path) }, { env: { FTL_SIGN_KEY: path } });
    });
  }
});

testWith(
  SSH_KEYGEN,
  "the text of a key signs, without ssh-keygen and any permission to run",
  async () => {
    await using fleet = await Fleet.start();
    const path = newKey(fleet, "key");
    const env = { FTL_SIGN_KEY: Deno.readTextFileSync(path), PATH: "/nowhere" };
    await signsAll({ fleet, publicKey: publicKeyOf(path) }, { env });
  },
);

testWith(
  [SSH_KEYGEN, SSH_AGENT],
  "a public key signs by the agent that has its key, and without says what is missing",
  async () => {
    await using fleet = await Fleet.start();
    const path = newKey(fleet, "key");
    const { folder } = fleet;
    const socket = `${folder.path}/agent`;
    const agent = new Deno.Command("ssh-agent", {
      args: ["-D", "-a", socket],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const env = { FTL_SIGN_KEY: `${path}.pub`, SSH_AUTH_SOCK: socket };
    try {
      await until(
        () => Array.from(Deno.readDirSync(folder.path)).some(({ name }) => name === "agent"),
        "agent",
      );
      const { success } = await new Deno.Command("ssh-add", { args: ["-q", path], env }).output();
      assert(success);
      const publicKey = publicKeyOf(path);
      Deno.removeSync(path);
      await signsAll({ fleet, publicKey }, { env });
    } finally {
      agent.kill("SIGTERM");
      await agent.status;
    }
    assertError(
      await fleet.ftl(["spool", await fleet.pack("a.tgz", { v: "2" })], { env }),
      {
        code: 2,
        says:
          /^ftl: FTL_SIGN_KEY did not sign: ssh-keygen said: No private key found for public key/,
        hint: /needs the agent or the token/,
      },
    );
  },
);

testWith(
  SSH_KEYGEN,
  "a program signs: it has the namespace, the statement, and its time",
  async () => {
    await using fleet = await Fleet.start();
    const path = newKey(fleet, "key");
    const program = fleet.folder.write(
      "sign-with-kms",
      `#!/bin/sh\nexec ssh-keygen -Y sign -f ${path} -n "$FTL_SIGN_NAMESPACE"\n`,
      0o755,
    );
    const judge = { fleet, publicKey: publicKeyOf(path) };
    await signsAll(judge, { env: { FTL_SIGN_KEY: `exec:${program}` } });
    const PATH = `${fleet.folder.path}:${Deno.env.get("PATH")}`;
    await signsAll(judge, { env: { FTL_SIGN_KEY: "exec:sign-with-kms", PATH } });
  },
);

testWith(SSH_KEYGEN, "two people bless, and both signatures verify", async () => {
  await using fleet = await Fleet.start();
  const [ann, bob] = [newKey(fleet, "ann"), newKey(fleet, "bob")];
  const FTL_TRUST = fleet.folder.write(
    "allowed_signers",
    `ann ${publicKeyOf(ann)}\nbob ${publicKeyOf(bob)}\n`,
  );
  const as = (path: string): RunOptions => ({
    env: { FTL_TRUST, FTL_TRUST_THRESHOLD: "2", FTL_SIGN_KEY: path },
  });
  const revision = await fleet.ok(["spool", await fleet.pack("a.tgz", { v: "1" })], as(ann));
  const first = await fleet.ftl(["jump", "--master", revision], as(ann));
  assertEquals([first.code, first.stderr], [
    0,
    `${revision}: blessed\n` +
    `warning: ${revision} needs 1 more signature: ftl jump --master ${revision} by another person\n`,
  ]);
  const second = await fleet.ftl(["jump", "--master", revision], as(bob));
  assertEquals([second.code, second.stderr], [0, `${revision}: signed by 2 people now\n`]);
  for (const [path, number] of [[ann, 1], [bob, 2]] as const) {
    assert(await isSigned({ fleet, publicKey: publicKeyOf(path) }, "a.rev", number), path);
  }
  assertError(await fleet.ftl(["jump", "--master", revision, "--again"]), {
    code: 2,
    says: /^ftl: a is signed: set FTL_SIGN_KEY$/,
  });
  const { metadata = {} } = await fleet.bucket().head("a.rev") ?? {};
  await fleet.bucket().put("a.rev", revision, { metadata: { ...metadata, "ftl-by": "eve" } });
  const fresh = await fleet.ok(["spool", await fleet.pack("a.tgz", { v: "2" })], as(ann));
  assertError(await fleet.ftl(["jump", "--master", fresh, "--over", "2h"], as(ann)), {
    code: 5,
    says: /^ftl: a\.rev is not trusted: signature 1 \(ann, SHA256:\S+\): it is of something else/,
    hint: /bless for all first: ftl jump --master a\.<id>$/,
  });
});

testWith([SSH_KEYGEN, "script"], "a passphrase is asked for on the terminal", async () => {
  await using fleet = await Fleet.start();
  sshKeygen(fleet.folder, "-q", "-t", "ed25519", "-N", "secret", "-f", "locked");
  const path = `${fleet.folder.path}/locked`;
  const file = await fleet.pack("a.tgz", { v: "1" });
  const command = [...RESTRICTED, "spool", file].map((word) => `'${word}'`).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    env: { ...fleet.env, FTL_SIGN_KEY: path, TERM: "dumb" },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  let shown = "";
  let isTyped = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (isTyped || !shown.includes("passphrase")) continue;
    isTyped = true;
    await keyboard.write(new TextEncoder().encode("secret\n"));
  }
  await keyboard.close();
  const { success } = await child.status;
  assert(success && isTyped, shown);
  const [object] = (await fleet.bucket().list("a.")).map(({ key }) => key);
  assert(await isSigned({ fleet, publicKey: publicKeyOf(path) }, object ?? ""), shown);
});
