/**
 * Decides whether a statement is trusted: who signed it, and whether they may.
 *
 * A signature counts if none of these rows fits. The first that does is why it does not count:
 *
 *     malformed          it is no SSHSIG
 *     unknown key        nobody who may sign has its key
 *     wrong              it is not this key's signature of this statement for this namespace
 *     algorithm          RSA with SHA-1, or a name that its key does not have
 *     no touch           nobody touched the FIDO token
 *     RSA                it is of an RSA key, and the statement is a blessing
 *     other namespace    the key may sign other roles or packages only
 *     other time         the key was not valid when the statement was made, or the statement does not tell
 *
 * Then the statement is judged, by how many different people signed it:
 *
 *     signatures   people            verdict
 *     none         -                 unsigned
 *     some         0                 refused
 *     some         1 to needed - 1   too few
 *     some         needed or more    trusted
 *
 * - needed: the threshold for a blessing, 1 for a revision.
 * - people: principals. One who signs twice, with the same key or with two, counts once. Two signatures are by
 *   different people only if no name fits the patterns of both: so a key of `*` adds nobody to another one. A
 *   further signature never makes it fewer. The first 16 signatures are looked at: no more fit into metadata.
 */
import { IntegrityError } from "../errors.ts";
import type { AllowedSigner } from "./allowed_signers.ts";
import { decodeBase64 } from "./base64.ts";
import { fitsPatternList, mayOverlap } from "./pattern.ts";
import { fingerprintOf } from "./public_key.ts";
import { parseSshSignature, type SshSignature } from "./sshsig.ts";
import type { Statement } from "./statement.ts";
import { flawOf, type SignatureFlaw } from "./verify.ts";

/** Why a signature does not count: see the first table. */
export type RefusalReason =
  | "malformed"
  | "unknown-key"
  | Exclude<SignatureFlaw, "key">
  | "RSA"
  | "other-namespace"
  | "other-time";

/** A signature that does not count. */
export interface Refusal {
  /** Among all signatures, from 1. */
  readonly signature: number;
  readonly reason: RefusalReason;
  /** The fingerprint of the key that the signature names. Undefined if it is malformed. */
  readonly fingerprint: string | undefined;
  /** Whose key it is, as the trust names them. Undefined if the key is unknown. */
  readonly principals: string | undefined;
}

/** A signature that counts. */
export interface Signer {
  /** Among all signatures, from 1. */
  readonly signature: number;
  /** Whose key it is, as the trust names them. */
  readonly principals: string;
  readonly fingerprint: string;
}

/** The second table's last column, with what it was decided by. */
export interface Verdict {
  readonly verdict: "trusted" | "unsigned" | "refused" | "too-few";
  /** Different people: no more than one signature of each. */
  readonly by: readonly Signer[];
  /** How many people must sign it. */
  readonly needed: number;
  readonly refused: readonly Refusal[];
}

export interface TrustFacts {
  readonly statement: Statement;
  /** As they are in metadata: SSHSIG in base64. */
  readonly signatures: readonly string[];
  /** Who may sign. */
  readonly signers: readonly AllowedSigner[];
  /** Of how many people a blessing needs a signature. */
  readonly threshold: number;
}

const MOST_SIGNATURES = 16;

/** By the tables above. Never throws. */
export function judge({ statement, signatures, signers, threshold }: TrustFacts): Verdict {
  const needed = statement.kind === "blessing" ? Math.max(1, threshold) : 1;
  const counted: Signer[] = [];
  const refused: Refusal[] = [];
  for (const [index, base64] of signatures.slice(0, MOST_SIGNATURES).entries()) {
    const judged = judgeSignature(base64, { statement, signers, signature: index + 1 });
    if ("reason" in judged) refused.push(judged);
    else counted.push(judged);
  }
  const by = differentPeople(counted);
  return { verdict: verdictOf(signatures.length, by.length, needed), by, needed, refused };
}

function verdictOf(signatures: number, people: number, needed: number): Verdict["verdict"] {
  if (signatures === 0) return "unsigned";
  if (people === 0) return "refused";
  return people >= needed ? "trusted" : "too-few";
}

function judgeSignature(
  base64: string,
  { statement, signers, signature }:
    & Pick<TrustFacts, "statement" | "signers">
    & Pick<Signer, "signature">,
): Signer | Refusal {
  const parsed = parseOrNot(base64);
  if (parsed === undefined) {
    return { signature, reason: "malformed", fingerprint: undefined, principals: undefined };
  }
  const fingerprint = fingerprintOf(parsed.publicKey);
  const owners = signers.filter(({ key }) => key.fingerprint === fingerprint);
  const reasons = owners.map((signer) => reasonAgainst(parsed, { statement, signer }));
  const able = owners.filter((_, i) => reasons[i] === undefined);
  const reason = able.length > 0 ? undefined : owners.length === 0 ? "unknown-key" : reasons[0];
  const named = reason === undefined ? able : owners;
  const principals = [...new Set(named.map((signer) => signer.principals))].join(",");
  if (reason === undefined) return { signature, principals, fingerprint };
  return { signature, reason, fingerprint, principals: principals || undefined };
}

function parseOrNot(base64: string): SshSignature | undefined {
  const blob = decodeBase64(base64);
  return blob && orUndefined(() => parseSshSignature(blob));
}

/** Undefined if it is malformed. */
function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

function reasonAgainst(
  parsed: SshSignature,
  { statement, signer }: { readonly statement: Statement; readonly signer: AllowedSigner },
): RefusalReason | undefined {
  const { namespace, bytes: message } = statement;
  const { key } = signer;
  const found = orUndefined(() => ({ flaw: flawOf(parsed, { message, namespace, key }) }));
  if (found === undefined) return "malformed";
  if (found.flaw !== undefined) return found.flaw === "key" ? "unknown-key" : found.flaw;
  if (key.type === "ssh-rsa" && statement.kind === "blessing") return "RSA";
  const { namespaces } = signer;
  if (namespaces !== undefined && !fitsPatternList(namespace, namespaces)) return "other-namespace";
  return isValidAt(signer, statement.time) ? undefined : "other-time";
}

/** Both ends belong to the time in which a key is valid, as in OpenSSH. */
function isValidAt(signer: AllowedSigner, time: number | undefined): boolean {
  const { validAfter, validBefore } = signer;
  if (validAfter === undefined && validBefore === undefined) return true;
  if (time === undefined) return false;
  const second = Math.floor(time / 1000);
  return second >= (validAfter ?? second) && second <= (validBefore ?? second);
}

type Named = Pick<Signer, "principals">;

/**
 * As many as possible, so that no two of them may be the same person. The time doubles with each one that overlaps with
 * others: call it for few.
 */
export function differentPeople<S extends Named>(signers: readonly S[]): readonly S[] {
  const [first, ...rest] = signers;
  if (first === undefined) return [];
  const others = rest.filter((other) => !mayBeSame(first, other));
  const withFirst = [first, ...differentPeople(others)];
  // Nobody overlaps with the first one: leaving it out cannot give more.
  if (others.length === rest.length) return withFirst;
  const without = differentPeople(rest);
  return without.length > withFirst.length ? without : withFirst;
}

function mayBeSame(a: Named, b: Named): boolean {
  return patternsOf(a).some((one) => patternsOf(b).some((other) => mayOverlap(one, other)));
}

/** Names differ in more than case. What is after `!` could only make people more different. */
function patternsOf({ principals }: Named): string[] {
  return principals.toLowerCase().split(",").filter((one) => one !== "" && !one.startsWith("!"));
}
