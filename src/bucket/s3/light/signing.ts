/**
 * Signs a request as the SDK does, with its own code, and makes the URL that fits the signature.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "npm:@smithy/signature-v4@5.7.5";
import type { Credentials } from "../../aws/credentials.ts";
import { PRODUCT } from "../user_agent.ts";
import type { Place } from "./place.ts";

/** A request without a body. */
export interface LightRequest {
  readonly method: "GET" | "HEAD";
  /** Undefined for a request about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SignedRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
}

interface Signing {
  readonly place: Place;
  readonly region: string;
  readonly credentials: Credentials;
  readonly date: Date;
}

/** Undefined if a URL cannot have such a key, because URLs are read without `.` and `..`. */
export async function sign(
  { method, key, query = {}, headers = {} }: LightRequest,
  { place, region, credentials, date }: Signing,
): Promise<SignedRequest | undefined> {
  const { protocol, hostname, port } = place;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const path = place.path + (key ?? "").split("/").map(escapeUri).join("/");
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const signed = await signer.sign({
    ...{ method, protocol, hostname, path, query: { ...query } },
    ...(port === undefined ? {} : { port }),
    headers: { host, "user-agent": PRODUCT.join("/"), ...headers },
  }, { signingDate: date });
  const search = Object.keys(query).sort().map((name) => {
    return `${escapeUri(name)}=${escapeUri(query[name] ?? "")}`;
  });
  const url = `${protocol}//${host}${path}${search.length === 0 ? "" : `?${search.join("&")}`}`;
  return new URL(url).pathname === path ? { url, headers: signed.headers } : undefined;
}

/** As signatures demand it: RFC 3986, section 2.3. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** `Hash` of the SDK, which is the constructor of a hash or of an HMAC. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", typeof secret === "string" ? secret : bytesOf(secret));
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}

function bytesOf(secret: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
