/** Keys, and what they have signed as the real ssh-keygen judges it. */
import { assert } from "../assert.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { addArmor } from "../../src/trust/sshsig.ts";
import { bytesOf } from "../trust/allowed.ts";
import { sshKeygen, verifies } from "../trust/ssh_keygen.ts";
import { type Fleet, programLine } from "./fleet.ts";
import { SCOPES } from "../../src/cli/permissions.ts";
import { permissionFlags } from "./permission_flags.ts";

/** From source, with no more than a command needs that writes and runs programs. */
export const RESTRICTED = Deno.env.get("FTL_TEST_EXECUTABLE") === undefined
  ? [
    Deno.execPath(),
    ...["run", "--quiet", "--no-config", ...permissionFlags(SCOPES["writes-with-programs"])],
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

export interface Judge {
  readonly fleet: Fleet;
  /** A line of a `.pub` file. */
  readonly publicKey: string;
}

/** Whether `ssh-keygen -Y verify` takes the signature for the role. */
export async function isSigned(
  { fleet, publicKey }: Judge,
  key: string,
  number = 1,
): Promise<boolean> {
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

export function newKey(fleet: Fleet, name: string, ...args: string[]): string {
  sshKeygen(fleet.folder, "-q", "-t", "ed25519", "-N", "", "-C", name, ...args, "-f", name);
  return `${fleet.folder.path}/${name}`;
}

export const publicKeyOf = (path: string): string => Deno.readTextFileSync(`${path}.pub`).trim();
