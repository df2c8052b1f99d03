/**
 * Reads whom a machine trusts, as `FTL_TRUST` says it:
 *
 *     /etc/ftl/allowed_signers               a file: see `allowed_signers.ts`
 *     ssh-ed25519 AAAA..., ssh-rsa AAAA...   keys themselves
 *     warn:/etc/ftl/allowed_signers          either, but what is not trusted is only reported
 *
 * What cannot be read is an error, and never nobody to ask: a fault must not turn the checks off.
 */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import {
  type AllowedSigner,
  type AllowedSigners,
  parseAllowedSigners,
  parseTrustedKeys,
} from "./allowed_signers.ts";

export interface TrustSetting {
  /** Whether what is not trusted is refused. Otherwise it is reported. */
  readonly isEnforced: boolean;
  /** Where the signers are: a file's absolute path, or here. */
  readonly source: { readonly path: string } | { readonly signers: readonly AllowedSigner[] };
}

const WARN = "warn:";

/** Throws `UsageError` if it is neither an absolute path nor keys. */
export function parseTrustSetting(text: string): TrustSetting {
  const isEnforced = !text.startsWith(WARN);
  const value = (isEnforced ? text : text.slice(WARN.length)).trim();
  if (value.startsWith("/")) return { isEnforced, source: { path: value } };
  return { isEnforced, source: { signers: parseTrustedKeys(value) } };
}

/** The signers in the text of a file. Throws `UsageError` if nobody may sign by it. */
export function requireSigners(text: string, { path }: { readonly path: string }): AllowedSigners {
  const parsed = parseAllowedSigners(text);
  if (parsed.signers.length > 0) return parsed;
  const [first] = parsed.skipped;
  const why = first === undefined
    ? "it has no line with a key"
    : `line ${first.line}: ${first.reason}`;
  throw new UsageError(`${quote(path)} names nobody who may sign: ${why}`, {
    hint: "A line is 'ann@example.com ssh-ed25519 AAAA...': see ALLOWED SIGNERS in ssh-keygen(1)",
  });
}
