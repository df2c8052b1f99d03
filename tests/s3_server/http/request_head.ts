/**
 * The head of an HTTP/1.1 request: RFC 9112, sections 3 and 5.
 *
 * Header values are kept one character a byte (latin1), so that what a client sent is what is
 * signed, stored and sent back. A header that came several times is joined with commas.
 */

export interface RequestHead {
  readonly method: string;
  /** As sent: path and query, still encoded. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection may serve another request after this one. */
  readonly keepAlive: boolean;
  /** The body's length in bytes, `chunked`, or 0 if there is no body. */
  readonly bodyLength: number | "chunked";
}

/** A request that is no HTTP. The connection cannot go on. */
export class BadHeadError extends Error {
  override readonly name = "BadHeadError";
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.([01])$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** Parses the lines of a head. Throws BadHeadError. */
export function parseHead(lines: readonly string[]): RequestHead {
  const [first = "", ...rest] = lines;
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new BadHeadError("bad request line");
  const headers = new Map<string, string>();
  for (const line of rest) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new BadHeadError("bad header line");
    const lower = name.toLowerCase();
    const before = headers.get(lower);
    headers.set(lower, before === undefined ? value : `${before},${value}`);
  }
  if (minor === "1" && !headers.has("host")) throw new BadHeadError("no Host header");
  const connection = (headers.get("connection") ?? "").toLowerCase();
  return {
    method,
    target: originForm(target),
    headers,
    keepAlive: minor === "1" && !/\bclose\b/.test(connection),
    bodyLength: bodyLengthOf(headers),
  };
}

/** `http://host/path` as proxies get it, cut down to `/path` (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1];
  if (absolute === undefined) return target;
  return absolute.startsWith("/") ? absolute : `/${absolute}`;
}

function bodyLengthOf(headers: ReadonlyMap<string, string>): number | "chunked" {
  const encoding = headers.get("transfer-encoding")?.toLowerCase();
  const length = headers.get("content-length");
  if (encoding !== undefined) {
    if (encoding !== "chunked") throw new BadHeadError("unknown Transfer-Encoding");
    if (length !== undefined) throw new BadHeadError("Content-Length with Transfer-Encoding");
    return "chunked";
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new BadHeadError("bad Content-Length");
  return Number(length);
}
