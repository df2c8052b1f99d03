/**
 * Reads who may sign: a file as in ssh-keygen(1), ALLOWED SIGNERS, or keys alone.
 *
 *     ann@example.com  namespaces="ftl-bless:*",valid-before="20270101"  ssh-ed25519 AAAA... comment
 *
 * It is read as `ssh-keygen -Y verify` reads it. Where FTL is stricter, a line is skipped, so that less is trusted
 * and never more: a day that does not exist, base64 with something else in it, quotes inside of principals.
 * Authorities of certificates are skipped, too. Each line that is skipped is named.
 *
 * A byte order mark at the beginning, and CR at the end of a line, are ignored.
 */
import { IntegrityError, UsageError } from "../errors.ts";
import { escapeControls, quote } from "../foreign_text.ts";
import { parsePublicKeyText, type PublicKey } from "./public_key.ts";
import { NO_OPTIONS, parseSignerOptions, type SignerOptions } from "./signer_options.ts";

/** A key that may sign, for whom, for what, and when. */
export interface AllowedSigner extends Omit<SignerOptions, "isAuthority"> {
  /** Patterns of who signs with it, as the file has them. For a key alone, its fingerprint. */
  readonly principals: string;
  readonly key: PublicKey;
  /** In the file, from 1. Undefined for a key alone. */
  readonly line: number | undefined;
}

/** A line that nobody is trusted by. */
export interface SkippedLine {
  /** From 1. */
  readonly line: number;
  /** What is wrong with it, in words that are safe to print. */
  readonly reason: string;
}

export interface AllowedSigners {
  readonly signers: readonly AllowedSigner[];
  readonly skipped: readonly SkippedLine[];
}

/** Never throws: what it does not understand is skipped. */
export function parseAllowedSigners(text: string): AllowedSigners {
  const signers: AllowedSigner[] = [];
  const skipped: SkippedLine[] = [];
  for (const [index, raw] of text.replace(/^\uFEFF/, "").split("\n").entries()) {
    const content = raw.replace(/\r$/, "").replace(/^[ \t]+/, "");
    if (content === "" || content.startsWith("#")) continue;
    const line = index + 1;
    const parsed = parseLine(content, line);
    if (typeof parsed === "string") skipped.push({ line, reason: parsed });
    else signers.push(parsed);
  }
  return { signers, skipped };
}

/**
 * Keys themselves, separated by commas: `ssh-ed25519 AAAA..., ssh-ed25519 AAAA...`. Each may sign anything at any
 * time. Throws `UsageError` if one is none, as nobody would see a line that is skipped.
 */
export function parseTrustedKeys(text: string): AllowedSigner[] {
  return text.split(",").map((part) => {
    const key = keyOrReason(part.trim());
    if (typeof key !== "string") {
      return { ...NO_OPTIONS, principals: key.fingerprint, key, line: undefined };
    }
    throw new UsageError(`FTL_TRUST: ${quote(part.trim())} is no key that may sign: ${key}`, {
      hint:
        "A key is the first two words of its .pub file, as in 'ssh-ed25519 AAAA...'; several are " +
        "separated by commas. A file of allowed signers is named by its absolute path",
    });
  });
}

/** The signer of a line, or what is wrong with the line. */
function parseLine(content: string, line: number): AllowedSigner | string {
  const { word: principals, rest } = takePrincipals(content);
  if (principals === undefined) return "its quotes do not enclose its first word";
  const reasonForNone = reasonAgainst(principals);
  if (reasonForNone !== undefined) return reasonForNone;
  if (rest === "") return "it has no key";
  const alone = keyOrReason(rest);
  if (typeof alone !== "string") return { ...NO_OPTIONS, principals, key: alone, line };
  const end = endOfOptions(rest);
  if (end === undefined) return "a quote in its options has no end";
  const text = rest.slice(end).replace(/^[ \t]+/, "");
  // Then it has no options, and its key is broken or of an unknown type.
  if (/^(ssh|ecdsa|sk)-[^=",]*$/i.test(rest.slice(0, end))) return alone;
  const options = parseSignerOptions(rest.slice(0, end));
  if (typeof options === "string") return options;
  const { isAuthority, ...limits } = options;
  if (isAuthority) return "it is an authority of certificates, which FTL does not trust";
  const key = text === "" ? "it has no key" : keyOrReason(text);
  return typeof key === "string" ? key : { ...limits, principals, key, line };
}

/** The first word, which may be in quotes. Undefined if quotes stand elsewhere in it. */
function takePrincipals(
  content: string,
): { readonly word: string | undefined; readonly rest: string } {
  const match = /^(?:"([^"]*)"|([^" \t]+))(?:[ \t]+|$)/.exec(content);
  return { word: match?.[1] ?? match?.[2], rest: content.slice(match?.[0].length ?? 0) };
}

function reasonAgainst(principals: string): string | undefined {
  if (escapeControls(principals) !== principals) return "its principals have control characters";
  const names = principals.split(",");
  return names.some((name) => name !== "" && !name.startsWith("!"))
    ? undefined
    : "it names no principal";
}

/** Where the options end: at white space outside of quotes. Undefined if a quote has no end. */
function endOfOptions(text: string): number | undefined {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === '"') at++;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (text[at] === " " || text[at] === "\t")) return at;
  }
  return isQuoted ? undefined : text.length;
}

/** The key, or what is wrong with it. */
function keyOrReason(text: string): PublicKey | string {
  try {
    return parsePublicKeyText(text);
  } catch (error) {
    if (error instanceof IntegrityError) return error.message.replace(/^The/, "the");
    throw error;
  }
}
