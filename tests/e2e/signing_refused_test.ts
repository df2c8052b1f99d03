/** What `FTL_SIGN_KEY` names and cannot sign, and a signal while it signs. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_KEYGEN, sshKeygen } from "../trust/ssh_keygen.ts";
import { until } from "../until.ts";
import { assertError } from "./assert_error.ts";
import { Fleet, startProgram } from "./fleet.ts";
import { isSigned, newKey, publicKeyOf } from "./signing_run.ts";

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
