/** `FTL_SIGN_KEY` in each of its forms, with the real ssh-keygen, which also verifies what was signed. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { permissionFlags } from "../../scripts/build/compile.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { bytesOf } from "../trust/allowed.ts";
import { addArmor } from "../../src/trust/sshsig.ts";
import { SSH_AGENT, SSH_KEYGEN, sshKeygen, verifies } from "../trust/ssh_keygen.ts";
import { testWith } from "../required_program.ts";
import { until } from "../until.ts";
import { assertError } from "./assert_error.ts";
import { Fleet, programLine, type RunOptions, startProgram } from "./fleet.ts";

/** With the permissions of the executable, which it gives up as that does. */
const RESTRICTED = Deno.env.get("FTL_TEST_EXECUTABLE") === undefined
  ? [
    Deno.execPath(),
    ...["run", "--quiet", "--no-config", ...permissionFlags()],
    new URL("../../mod.ts", import.meta.url).pathname,
  ]
  : programLine();

/** As docs/trust.md describes it, without FTL's own code. */
async function statementOf(bucket: Bucket, key: string): Promise<Uint8Array> {
  const info = await bucket.head(key);
  assert(info !== undefined, key);
  const lines = Object.entries(info.metadata).map(([name, value]) => `${name}: ${value}\n`)
    .filter((line) => line.startsWith("ftl-") && !line.startsWith("ftl-sig-")).sort();
  const isPointer = key.endsWith(".rev");
  const text = isPointer ? (await bucket.getSmall(key))?.text : undefined;
  const head = [
    `ftl ${isPointer ? "blessing" : "revision"} 1\nbucket: deploys\nkey: ${key}\n`,
    isPointer ? `text: ${text}\n` : `size: ${info.size}\n`,
  ];
  return new TextEncoder().encode([...head, ...lines].join(""));
}

interface Judge {
  readonly fleet: Fleet;
  /** A line of a `.pub` file. */
  readonly publicKey: string;
}

/** Whether `ssh-keygen -Y verify` takes the signature for the role. */
async function isSigned({ fleet, publicKey }: Judge, key: string, number = 1): Promise<boolean> {
  const bucket = fleet.bucket();
  const signature = (await bucket.head(key))?.metadata[`ftl-sig-${number}`];
  if (signature === undefined) return false;
  const namespace = key.endsWith(".rev") ? "ftl-bless:a" : "ftl-spool:a";
  return verifies({
    allowed: `ann namespaces="${namespace}" ${publicKey}\n`,
    identity: "ann",
    namespace,
    armored: addArmor(bytesOf(signature)),
    message: await statementOf(bucket, key),
  });
}

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

function newKey(fleet: Fleet, name: string, ...args: string[]): string {
  sshKeygen(fleet.folder, "-q", "-t", "ed25519", "-N", "", "-C", name, ...args, "-f", name);
  return `${fleet.folder.path}/${name}`;
}

const publicKeyOf = (path: string): string => Deno.readTextFileSync(`${path}.pub`).trim();

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

testWith(
  SSH_KEYGEN,
  "what cannot sign is a fault of FTL_SIGN_KEY, and leaves the bucket as it was",
  async (t) => {
    await using fleet = await Fleet.start();
    const { folder } = fleet;
    const key = newKey(fleet, "key");
    const text = Deno.readTextFileSync(key);
    const program = (name: string, script: string): string =>
      `exec:${folder.write(name, `#!/bin/sh\n${script}\n`, 0o755)}`;
    sshKeygen(folder, "-q", "-t", "ed25519", "-N", "secret", "-f", "locked");
    sshKeygen(folder, "-q", "-t", "ecdsa", "-b", "521", "-N", "", "-f", "p521");
    const file = await fleet.pack("a.tgz", { v: "1" });
    const cases: [value: string, says: RegExp, env?: Record<string, string>][] = [
      [
        "/no/such/key",
        /FTL_SIGN_KEY cannot be read: '\/no\/such\/key': no such file or directory$/,
      ],
      [folder.path, /FTL_SIGN_KEY is no file: '\//],
      ["no-path-but-a-secret", /FTL_SIGN_KEY is no file that can be read$/],
      [`/${text}`, /FTL_SIGN_KEY is no file that can be read$/],
      [`${folder.path}/locked`, /did not sign: ssh-keygen said: .*passphrase/],
      [`${folder.path}/p521`, /^ftl: What FTL_SIGN_KEY signed is of no use: .*nistp521/],
      [key, /FTL_SIGN_KEY needs ssh-keygen, which is not on the PATH$/, { PATH: "/nowhere" }],
      [text.slice(0, 200), /FTL_SIGN_KEY cannot sign: the private key is not the whole text/],
      [
        Deno.readTextFileSync(`${folder.path}/locked`),
        /FTL_SIGN_KEY cannot sign: the private key has a passphrase$/,
      ],
      ["exec:", /FTL_SIGN_KEY names no program: 'exec:'$/],
      ["exec:./sign", /FTL_SIGN_KEY names no program: 'exec:.\/sign'$/],
      ["exec:/no/such", /did not sign: '\/no\/such' cannot be started: there is no such program$/],
      [`exec:${file}`, /did not sign: '\/.*a.tgz' cannot be started: permission denied$/],
      [
        program("fails", "echo 'the HSM \x1b[31mburns' >&2; exit 3"),
        /fails' said: the HSM \\x1b\[31mburns$/,
      ],
      [program("mute", "exit 3"), /did not sign: '\/.*mute' ended with 3$/],
      [program("chats", "cat"), /did not sign: '\/.*chats' printed no SSH signature$/],
      [
        program("other", `ssh-keygen -Y sign -f ${key} -n other`),
        /^ftl: What FTL_SIGN_KEY signed is of no use: it is of something else, or for another namespace$/,
      ],
    ];
    for (const [value, says, env] of cases) {
      await t.step(String(says), async () => {
        const ran = await fleet.ftl(["spool", file], { env: { FTL_SIGN_KEY: value, ...env } });
        assertError(ran, { code: 2, says });
        for (const secret of [text.split("\n")[2] ?? "", "secret"]) {
          assert(!ran.stderr.includes(secret), ran.stderr);
        }
      });
    }
    assertEquals(await fleet.bucket().list(""), []);
  },
);

testWith(SSH_KEYGEN, "RSA signs revisions with a short message, and no blessing", async () => {
  await using fleet = await Fleet.start();
  const path = newKey(fleet, "rsa", "-t", "rsa", "-b", "3072");
  const env = { FTL_SIGN_KEY: path };
  const file = await fleet.pack("a.tgz", { v: "1" });
  assertError(await fleet.ftl(["spool", file, "-m", "x".repeat(900)], { env }), {
    code: 2,
    says: /^ftl: The message is too long: there is room for \d{3} bytes$/,
  });
  const revision = await fleet.ok(["spool", file, "-m", "x".repeat(200)], { env });
  assert(await isSigned({ fleet, publicKey: publicKeyOf(path) }, `${revision}.tgz`));
  assertError(await fleet.ftl(["jump", "--master", revision], { env }), {
    code: 2,
    says: /^ftl: What FTL_SIGN_KEY signed is of no use: an RSA key signs revisions only$/,
    hint: /ed25519/,
  });
});

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

Deno.test("a signal ends a program that signs, and nothing was sent", async () => {
  await using fleet = await Fleet.start();
  const pid = `${fleet.folder.path}/pid`;
  const program = fleet.folder.write(
    "hangs",
    `#!/bin/sh\necho $$ > ${pid}\nexec sleep 1000\n`,
    0o755,
  );
  const file = await fleet.pack("a.tgz", { v: "1" });
  const env = { ...fleet.env, FTL_SIGN_KEY: `exec:${program}` };
  const child = startProgram(["spool", file], { cwd: fleet.folder.path, env });
  const output = child.output();
  const written = (): string => {
    try {
      return Deno.readTextFileSync(pid).trim();
    } catch {
      return "";
    }
  };
  await until(() => written() !== "", "the program that signs");
  child.kill("SIGTERM");
  const { code, stderr } = await output;
  assertEquals(code, 143, new TextDecoder().decode(stderr));
  assertMatch(new TextDecoder().decode(stderr), /^ftl: Interrupted by SIGTERM$/m);
  await until(() => !isRunning(Number(written())), "the end of the program");
  assertEquals(await fleet.bucket().list(""), []);
});

function isRunning(pid: number): boolean {
  try {
    // A dead one that nobody has waited for is a zombie.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

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
