/**
 * Base64 (RFC 4648, section 4), read strictly: with its padding, and with nothing else in it. So there is one
 * text only for the same bytes.
 */

/** Undefined if it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return encodeBase64(bytes) === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** As JWK has it (RFC 7515): without padding, and with `-` and `_`. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * The bytes between `-----BEGIN label-----` and `-----END label-----` (RFC 7468). Only white space may stand
 * around a line. Undefined if it is not so.
 */
export function decodeArmor(text: string, label: string): Uint8Array | undefined {
  const lines = text.trim().split("\n").map((line) => line.trim());
  if (lines.length < 3) return undefined;
  if (lines.shift() !== `-----BEGIN ${label}-----`) return undefined;
  if (lines.pop() !== `-----END ${label}-----`) return undefined;
  return decodeBase64(lines.join(""));
}

/** In lines of 70 characters, as OpenSSH writes them. */
export function encodeArmor(bytes: Uint8Array, label: string): string {
  const lines = encodeBase64(bytes).match(/.{1,70}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
