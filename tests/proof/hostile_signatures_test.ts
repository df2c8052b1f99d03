/** Signatures and files of allowed signers that are made up: whatever they are, a sync of this machine refuses them. */
import fc from "fast-check";
import type { PackageSync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { FtlError } from "../../src/errors.ts";
import { withoutSignatures } from "../../src/revision/metadata.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { decodeBase64, encodeBase64 } from "../../src/trust/base64.ts";
import { assert, assertEquals } from "../assert.ts";
import { dirOf, keyOf, SignedFleet } from "../commands/signed_fleet.ts";
import { lineOf } from "../trust/people.ts";
import { INPUTS, SEED as seed } from "./hostile_values.ts";
import { announce } from "./report.ts";

/** A sync takes longer than what the other properties try. */
const inputs = Math.ceil(INPUTS / 10);
announce(`hostile signatures: seed ${seed}`);
const RUNS = { seed: seed | 0, numRuns: inputs };

/** A machine that runs one revision, and a second one that is spooled and blessed, with signatures to be replaced. */
class Target implements Disposable {
  readonly fleet = new SignedFleet();
  readonly web: Context = this.fleet.machine();
  #first: RevisionName | undefined;

  static async start(): Promise<Target> {
    const target = new Target();
    target.#first = await target.fleet.release("1");
    assertEquals((await target.fleet.sync(target.web)).active, target.#first);
    return target;
  }

  /** The signature that the object has. */
  signatureOf(key: string): string {
    let found = "";
    this.fleet.bucket.rewrite(key, ({ metadata }) => {
      found = metadata["ftl-sig-1"] ?? "";
      return {};
    });
    return found;
  }

  setSignatures(key: string, signatures: Readonly<Record<string, string>>): void {
    this.fleet.tick();
    this.fleet.bucket.rewrite(key, ({ metadata }) => {
      return { metadata: { ...withoutSignatures(metadata), ...signatures } };
    });
  }

  /** A sync that changes nothing. Its exit code, as the command line would have it. */
  async codes(): Promise<number[]> {
    const before = dirOf(this.web).revisions();
    let result: PackageSync;
    try {
      result = await this.fleet.sync(this.web);
    } catch (error) {
      if (error instanceof FtlError) return [error.exitCode];
      throw error;
    }
    const { active, fetched, activated, removed, failures } = result;
    assertEquals([active, fetched, activated, removed], [this.#first, [], undefined, []]);
    assertEquals(dirOf(this.web).revisions(), before);
    return failures.map((error) => {
      if (error instanceof FtlError) return error.exitCode;
      throw error;
    });
  }

  [Symbol.dispose](): void {
    this.fleet[Symbol.dispose]();
  }
}

/** A true signature of something else, with some bytes replaced, taken out or put in, or any text. */
function damaged(signature: string): fc.Arbitrary<string> {
  const bytes = decodeBase64(signature) ?? new Uint8Array();
  const at = fc.nat(bytes.length - 1);
  const change = fc.record({ at, drop: fc.nat(4), put: fc.uint8Array({ maxLength: 8 }) });
  const changed = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const made = [...bytes];
    for (const { at, drop, put } of changes) made.splice(at, drop, ...put);
    return encodeBase64(Uint8Array.from(made));
  });
  const cut = at.map((length) => encodeBase64(bytes.slice(0, length)));
  const other = fc.oneof(fc.string({ unit: "binary" }), fc.base64String());
  return fc.oneof(changed, cut, other).filter((made) => made !== signature);
}

function numbered(signature: string): fc.Arbitrary<Readonly<Record<string, string>>> {
  const name = fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((n) => `ftl-sig-${n}`),
    fc.constantFrom(
      "ftl-sig-",
      "ftl-sig-0",
      "ftl-sig-01",
      "ftl-sig-100",
      "ftl-sig-x",
      "ftl-sig-1-",
    ),
  );
  return fc.dictionary(name, damaged(signature), { maxKeys: 20 });
}

Deno.test("any signatures of a pointer are refused with exit code 5, and nothing is fetched", async () => {
  using target = await Target.start();
  const { fleet } = target;
  await fleet.bless(await fleet.build("2"));
  const signature = target.signatureOf("a.rev");
  await fc.assert(
    fc.asyncProperty(numbered(signature), async (signatures) => {
      target.setSignatures("a.rev", signatures);
      assertEquals(await target.codes(), [5]);
    }),
    RUNS,
  );
});

Deno.test("any signatures of a candidate leave it in S3, and the sync has no failure", async () => {
  using target = await Target.start();
  const { fleet } = target;
  const key = keyOf(await fleet.build("2"));
  const signature = target.signatureOf(key);
  await fc.assert(
    fc.asyncProperty(numbered(signature), async (signatures) => {
      target.setSignatures(key, signatures);
      assertEquals(await target.codes(), []);
    }),
    RUNS,
  );
});

Deno.test("any file of allowed signers without the key of who signed is a usage error, or refuses", async () => {
  using target = await Target.start();
  const { fleet } = target;
  await fleet.bless(await fleet.build("2"));
  const { ann, bob, eve } = fleet;
  const part = fc.oneof(
    fc.constantFrom(...[
      "*",
      "eve@example.com",
      " ",
      "\t",
      "\r",
      "\uFEFF",
      '"',
      ",",
      "!",
      "#",
      "\\",
      '\\"',
    ]),
    fc.constantFrom(
      ...[
        "cert-authority",
        "namespaces=",
        'namespaces="ftl-bless:*"',
        'valid-after="20200101"',
        'valid-before="',
      ],
      ...[
        "ssh-ed25519",
        "ssh-rsa",
        "sk-ssh-ed25519@openssh.com",
        "ecdsa-sha2-nistp256",
        "AAAA",
        "AAAAC3NzaC1lZDI1NTE5",
      ],
    ),
    fc.constantFrom(
      eve.publicKey,
      bob.publicKey,
      ann.publicKey.slice(0, -1),
      ann.publicKey.slice(3),
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  const anns = fc.constantFrom(
    ...[
      'namespaces="ftl-spool:*"',
      'namespaces="!ftl-bless:a,*"',
      'namespaces="ftl-bless:b"',
      'namespaces=""',
    ],
    ...[
      'valid-before="20200101Z"',
      'valid-after="20991231Z"',
      "cert-authority",
      "no-touch-required",
      "x",
    ],
  ).map((options) => lineOf(ann, options));
  const line = fc.oneof(fc.array(part, { maxLength: 6 }).map((parts) => parts.join(" ")), anns);
  const file = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      fleet.trustLines(text);
      const [code = 0, ...more] = await target.codes();
      assert([2, 5].includes(code) && more.length === 0, `${code}`);
      seen.add(code);
    }),
    RUNS,
  );
  assertEquals([...seen].sort(), [2, 5], "both kinds were tried");
});
