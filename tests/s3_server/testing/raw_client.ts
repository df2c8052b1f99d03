/** HTTP by hand, because the SDK and fetch are too polite: the test decides every byte. */
import { Buffer } from "node:buffer";
import type { ServerAddress } from "./server_process.ts";
import { sha256, sign, type Signature, type SigningOptions } from "./signer.ts";

export interface RawResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** One byte a character. */
  readonly body: string;
  /** The code in an XML error body. */
  readonly code: string | undefined;
  /** How it ended: the body was complete, or the connection was closed or reset before. */
  readonly end: "complete" | "closed" | "reset";
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Sends bytes as they are and reads one response. Null: nothing came before the end. */
export async function sendRaw(
  server: Pick<ServerAddress, "port">,
  request: string | Uint8Array,
  { method = "GET", closeWrite = false } = {},
): Promise<RawResponse | { status: 0; end: "closed" | "reset" }> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const bytes = typeof request === "string" ? bytesOf(request) : request;
  try {
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    if (closeWrite) await conn.closeWrite();
  } catch {
    // Refused midway: the answer may be there all the same.
  }
  return await readResponse(conn, method);
}

/** Reads one response from a connection. */
export async function readResponse(
  conn: Deno.Conn,
  method = "GET",
): Promise<RawResponse | { status: 0; end: "closed" | "reset" }> {
  const buffer = new Uint8Array(64 * 1024);
  let received = "";
  let head: ResponseHead | undefined;
  for (;;) {
    head ??= parseHead(received, method);
    if (head !== undefined && received.length >= head.end) {
      return responseOf(head, { received, end: "complete" });
    }
    const count = await conn.read(buffer).catch(() => "reset" as const);
    if (count === null || count === "reset") {
      const end = count ?? "closed";
      return head === undefined ? { status: 0, end } : responseOf(head, { received, end });
    }
    received += Buffer.from(buffer.subarray(0, count)).toString("latin1");
  }
}

interface ResponseHead extends Pick<RawResponse, "status" | "headers"> {
  /** Where the body begins and ends in what was received. */
  readonly start: number;
  readonly end: number;
}

function parseHead(received: string, method: string): ResponseHead | undefined {
  const at = received.indexOf("\r\n\r\n");
  if (at === -1) return undefined;
  const [statusLine = "", ...lines] = received.slice(0, at).split("\r\n");
  const headers = new Map(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const status = Number(statusLine.split(" ")[1]);
  const bare = method === "HEAD" || status === 204 || status === 304 || status === 100;
  const length = bare ? 0 : Number(headers.get("content-length") ?? 0);
  return { status, headers, start: at + 4, end: at + 4 + length };
}

function responseOf(
  { status, headers, start }: ResponseHead,
  { received, end }: { received: string; end: RawResponse["end"] },
): RawResponse {
  const body = received.slice(start);
  const code = status < 400 ? undefined : /<Code>(.*?)<\/Code>/.exec(body)?.[1];
  return { status, headers, body, code, end };
}

export interface SignedRequest {
  readonly method?: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers?: Record<string, string>;
  /** One byte a character; or made from the signature, for bodies in signed chunks. */
  readonly body?: string | ((signature: Signature) => string);
  readonly signing?: Partial<SigningOptions>;
  /** Headers that are sent and not signed, and such that are changed after signing. */
  readonly unsigned?: Record<string, string>;
}

/** The bytes of a signed request. */
export function signedRequest(server: ServerAddress, request: SignedRequest): Uint8Array {
  const { method = "GET", target, body = "" } = request;
  const host = `127.0.0.1:${server.port}`;
  const hash = sha256(bytesOf(typeof body === "string" ? body : ""));
  const signature = sign(
    { method, target, headers: { "host": host, "x-amz-content-sha256": hash, ...request.headers } },
    {
      accessKeyId: server.accessKeyId,
      secretAccessKey: server.secretAccessKey,
      region: server.region,
      ...request.signing,
    },
  );
  const content = typeof body === "string" ? body : body(signature);
  const headers: Record<string, string> = { ...signature.headers, ...request.unsigned };
  const framed = Object.keys(headers).some((name) =>
    /^(content-length|transfer-encoding)$/i.test(name)
  );
  if (!framed && (content !== "" || method === "PUT" || method === "POST")) {
    headers["Content-Length"] = String(content.length);
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return bytesOf(`${method} ${target} HTTP/1.1\r\n${head}\r\n${content}`);
}

/** Sends a signed request and reads its response. */
export async function sendSigned(
  server: ServerAddress,
  request: SignedRequest,
): Promise<RawResponse> {
  const method = request.method ?? "GET";
  const response = await sendRaw(server, signedRequest(server, request), { method });
  if (response.status === 0) throw new Error(`no response: ${response.end}`);
  return response as RawResponse;
}
