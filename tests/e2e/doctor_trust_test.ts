/** `ftl doctor` on a machine that checks signatures, over a socket. */
import { assertEquals, assertMatch } from "../assert.ts";
import { aPerson, lineOf } from "../trust/people.ts";
import { signObject } from "../trust/signed_bucket.ts";
import { KEYS, PRIVATE_KEY } from "../trust/vectors.ts";
import { healthy, remarks } from "./doctor_fleet.ts";
import { document } from "./json_run.ts";

Deno.test("doctor exits with 5 for a pointer that is not trusted, and with 0 once it is", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const ann = aPerson("ann@example.com");
  const path = fleet.folder.write("allowed_signers", `${lineOf(ann)}\n`);
  const env = { FTL_TRUST: path };
  const refused = await web.ftl(["doctor"], { env });
  assertEquals(refused.code, 5, refused.stderr);
  const [remark = "", ...more] = remarks(refused);
  assertMatch(
    remark,
    /^fail {2}S3 signatures {2}a\.rev is not trusted: it is not signed: .* \| .*ftl verify/,
  );
  assertEquals(more, []);
  assertEquals((await web.ftl(["doctor"], { env: { FTL_TRUST: `warn:${path}` } })).code, 0);
  await signObject(fleet.bucket(), "a.rev", ann);
  await web.ok(["sync"], { env });
  const trusted = await web.ftl(["doctor"], { env });
  assertEquals([trusted.code, remarks(trusted)], [0, []], trusted.stdout);
  assertMatch(trusted.stdout, /^ok +trust +\S+\/allowed_signers: 1 key of ann@example\.com$/m);
});

Deno.test("doctor never prints a key that signs, in no form", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const damaged = PRIVATE_KEY.split("\n").slice(1).join("\n");
  for (const FTL_SIGN_KEY of [PRIVATE_KEY, damaged]) {
    const ran = await web.ftl(["doctor", "--verbose"], { env: { FTL_SIGN_KEY } });
    const { stdout } = await web.ftl(["doctor", "--json"], { env: { FTL_SIGN_KEY } });
    for (const line of damaged.split("\n").slice(0, -2)) {
      assertEquals(`${ran.stdout}${ran.stderr}${stdout}`.includes(line), false);
    }
  }
});

Deno.test("doctor's document has what it found of signatures", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  const runner = {
    ftl: (args: readonly string[]) => web.ftl(args, { env: { FTL_TRUST: KEYS.ed25519 } }),
  };
  const { checks } = await document(runner, ["doctor"], 5);
  const about = checks.filter(({ name }: { name: string }) =>
    ["trust", "S3 signatures"].includes(name)
  );
  assertEquals(about.map(({ status }: { status: string }) => status), ["ok", "fail"]);
});
