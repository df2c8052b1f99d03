/**
 * The parts of the client for S3 that FTL also imports beside it, to sign and to read as the client does: they
 * must be the very ones that the client uses. A newer client may need others.
 */
import manifest from "../deno.json" with { type: "json" };
import { assertEquals } from "./assert.ts";

/** By `name@version`. A dependency lacks its version if there is only one. */
type Locked = Readonly<Record<string, { readonly dependencies?: readonly string[] }>>;

const CLIENT = "@aws-sdk/client-s3";

/** The packages of the client's makers that are imported in another version than the client itself uses. */
function drifted(imports: Readonly<Record<string, string>>, locked: Locked): string[] {
  const pins = Object.values(imports)
    .flatMap((pin) => /^npm:(@(?:aws-sdk|smithy)\/[^@]+@[^/]+)/.exec(pin)?.[1] ?? []);
  const used = new Set(pins.filter((pin) => pin.startsWith(`${CLIENT}@`)));
  // A set's loop also comes to what is added meanwhile.
  for (const one of used) {
    for (const name of locked[one]?.dependencies ?? []) {
      const full = Object.keys(locked).find((key) => key === name || key.startsWith(`${name}@`));
      if (full !== undefined) used.add(full);
    }
  }
  return pins.filter((pin) => !used.has(pin));
}

Deno.test("what is imported of the client's own parts has the versions that the client uses", () => {
  const lock = JSON.parse(Deno.readTextFileSync(new URL("../deno.lock", import.meta.url)));
  assertEquals(drifted(manifest.imports, lock.npm), []);
});

Deno.test("a part is found that the client uses in another version, by another way, or no longer", () => {
  const imports = {
    [CLIENT]: `npm:${CLIENT}@3.2.0`,
    "@smithy/core/config": "npm:@smithy/core@3.1.0/config",
    "@smithy/signature-v4": "npm:@smithy/signature-v4@5.0.0",
    "ignore": "npm:ignore@7.0.0",
  };
  const [core, newer, signature] = ["@smithy/core@3.1.0", "@smithy/core@3.2.0"].concat(
    "@smithy/signature-v4@5.0.0",
  ) as [string, string, string];
  const lock = (inner: string): Locked => ({
    [`${CLIENT}@3.2.0`]: { dependencies: ["@aws-sdk/core"] },
    "@aws-sdk/core@3.9.0": { dependencies: [inner, "@smithy/signature-v4"] },
    [core]: {},
    [newer]: {},
    [signature]: {},
  });
  assertEquals(drifted(imports, lock(core)), []);
  assertEquals(drifted(imports, lock(newer)), [core]);
  assertEquals(drifted(imports, { ...lock(core), "@aws-sdk/core@3.9.0": {} }), [core, signature]);
});
