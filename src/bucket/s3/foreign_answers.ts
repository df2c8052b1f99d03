/**
 * Checks that an answer comes from S3. A login page, a proxy or another web server answers 200 to
 * everything, and the SDK takes a web page for an empty listing. So FTL requires here what S3
 * always sends.
 *
 * | request                        | what S3 sends                                             |
 * | ------------------------------ | --------------------------------------------------------- |
 * | a listing, the steps of parts  | 200, XML of a certain root element, to its end            |
 * | PUT, HEAD and GET of an object | 200 (206 for a range) with an ETag                        |
 * | DELETE                         | 204; or 200 with an empty body                            |
 * | any failure                    | XML of the root `Error`, or at least S3's request id      |
 */
import { StorageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";

/** What the answer must be: XML with this root element, an object, or an empty body. */
type Expected = { readonly root: string } | "object" | "nothing";

/**
 * Recognizes the request by its query:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
 */
function expectedOf({ method, url, headers }: Request): Expected {
  const query = new URL(url).searchParams;
  if (method === "DELETE") return "nothing";
  if (method === "GET" && query.has("list-type")) return { root: "ListBucketResult" };
  if (method === "GET" && query.has("uploads")) return { root: "ListMultipartUploadsResult" };
  if (method === "POST" && query.has("uploads")) return { root: "InitiateMultipartUploadResult" };
  if (method === "POST" && query.has("uploadId")) return { root: "CompleteMultipartUploadResult" };
  if (method === "POST" && query.has("delete")) return { root: "DeleteResult" };
  if (method === "PUT" && headers.has("x-amz-copy-source")) return { root: "CopyPartResult" };
  return "object";
}

/** The requests that may fail after S3 has sent 200, as they may take minutes. */
const LATE_FAILURES: readonly string[] = ["CompleteMultipartUploadResult", "CopyPartResult"];

/** Whether the request is for an object's bytes. */
export function asksForObject(request: Request): boolean {
  return request.method === "GET" && expectedOf(request) === "object";
}

/**
 * Throws `StorageError` if the answer is not S3's.
 *
 * @param body the whole body. Undefined if it has the bytes of an object, which are read later
 */
export function requireS3Answer(
  request: Request,
  response: Response,
  body: Uint8Array | undefined,
): void {
  const { status } = response;
  if (status >= 300) return requireS3Error(request, response, body ?? new Uint8Array());
  const expected = expectedOf(request);
  if (typeof expected === "object") {
    if (status !== 200) throw notS3(request, response, body);
    const root = rootOf(body ?? new Uint8Array());
    const isFailure = LATE_FAILURES.includes(expected.root) && root?.name === "Error";
    // moto sends `Response`, and S3 sends `Result`.
    const isRoot = root?.name.replace(/Response$/, "Result") === expected.root;
    if (!isRoot && !isFailure) throw notS3(request, response, body);
    if (root?.isWhole !== true) throw brokenOff(request);
    if (hasEndlessText(body ?? new Uint8Array())) {
      throw notS3(request, response, body, "a text that is longer than any key");
    }
  } else if (expected === "object") {
    const isOk = status === 200 || (status === 206 && request.method === "GET");
    if (!isOk || !response.headers.get("etag")) throw notS3(request, response, body);
  } else if (status !== 204 && !(status === 200 && isEmpty(body) && isMarked(response))) {
    throw notS3(request, response, body);
  }
}

function isEmpty(body: Uint8Array | undefined): boolean {
  return body === undefined || body.byteLength === 0;
}

/**
 * Whether the answer has a mark of S3. S3-compatible stores mark each answer too, unless a proxy
 * removes it.
 */
function isMarked({ headers }: Response): boolean {
  // AWS's other services and moto send the third one.
  return headers.has("x-amz-request-id") || headers.has("x-amz-id-2") ||
    headers.has("x-amzn-requestid") || headers.has("x-amz-bucket-region");
}

function requireS3Error(request: Request, response: Response, body: Uint8Array): void {
  const { status, headers } = response;
  if (status === 304 || isMarked(response) || rootOf(body)?.name === "Error") return;
  const location = headers.get("location");
  if (status < 400 && location !== null) throw sendsOn(request, location);
  // The answer to a HEAD request has no body to check.
  const isPage = /^text\/html\b/i.test(headers.get("content-type") ?? "");
  if (request.method === "HEAD" && status >= 400 && !isPage) return;
  throw notS3(request, response, body);
}

/** The root element is searched in this many bytes at both ends of a document. */
const LOOK = 4096;
const DOCUMENT =
  /^\s*(?:<\?xml[^>]*\?>)?(?:\s|<!--[^]*?-->)*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(\s|\/?>)/;

interface Root {
  readonly name: string;
  /** Whether the element is closed at the end of the document. */
  readonly isWhole: boolean;
}

/**
 * The root element of an XML document. A document with declarations is refused: S3 sends none, and
 * their entities can expand without bound.
 */
function rootOf(body: Uint8Array): Root | undefined {
  const head = new TextDecoder().decode(body.subarray(0, LOOK));
  const name = DOCUMENT.exec(head)?.[1];
  if (name === undefined) return undefined;
  const tail = new TextDecoder().decode(body.subarray(-LOOK)).trimEnd();
  return { name, isWhole: new RegExp(`(</([\\w.-]+:)?${name}\\s*>|/>)$`).test(tail) };
}

/**
 * In bytes. A key has 1,024 bytes, each of which may be escaped, and a token has some. The parser
 * is very slow with much longer texts.
 */
const LONGEST_TEXT = 65_536;

/** Whether the text between two tags is longer than in any document of S3. */
function hasEndlessText(body: Uint8Array): boolean {
  for (let at = 0; body.byteLength - at > LONGEST_TEXT;) {
    const tag = body.subarray(at, at + LONGEST_TEXT).lastIndexOf(0x3c);
    if (tag < 0) return true;
    at += tag + 1;
  }
  return false;
}

const HINT =
  "Is a login page, a proxy or another service in the way? Check AWS_ENDPOINT_URL_S3, HTTPS_PROXY and the network";

function notS3(
  request: Request,
  response: Response,
  body: Uint8Array | undefined,
  sent = describe(request, response, body),
): StorageError {
  const { status } = response;
  const retryable = status >= 500 || status === 429 || status === 408;
  const text = `${originOf(request)} answered, but not as S3 does: it sent ${sent}`;
  const hint = status === 407 ? "The proxy wants a name and a password: see HTTPS_PROXY" : HINT;
  const error = new StorageError(text, {
    reason: "not-s3",
    code: String(status),
    retryable,
    hint,
  });
  return asRetryable(error, retryable);
}

function brokenOff(request: Request): StorageError {
  const text = `${originOf(request)} answered with a truncated document`;
  const hint = "Try again, and check the proxies in between: nothing has changed";
  return asRetryable(
    new StorageError(text, { reason: "unreachable", retryable: true, hint }),
    true,
  );
}

/**
 * The error for a redirect. `redirect: "manual"` keeps the token, the signature and the bytes from
 * other hosts.
 */
function sendsOn(request: Request, location: string): StorageError {
  const origin = originOf(request);
  const target = URL.parse(location, request.url);
  const there = target === null ? "somewhere else" : target.origin;
  return new StorageError(`${origin} sends requests on to ${there}, which FTL does not follow`, {
    reason: "not-s3",
    hint: target === null || target.origin === origin
      ? HINT
      : `If that is the store: export AWS_ENDPOINT_URL_S3=${there}`,
  });
}

/** Marks an error for the SDK, which retries only marked errors. */
function asRetryable(error: StorageError, retryable: boolean): StorageError {
  return retryable ? Object.assign(error, { $retryable: { throttling: false } }) : error;
}

export function originOf({ url }: Request): string {
  return new URL(url).origin;
}

/** Describes an answer: `403 Forbidden, text/html, 'Please log in'` */
function describe(request: Request, response: Response, body: Uint8Array | undefined): string {
  const { status, statusText, headers } = response;
  const said: string[] = [];
  if (status !== 200) said.push(`${status} ${statusText}`.trim());
  const type = headers.get("content-type")?.split(";")[0]?.trim();
  if (type) said.push(type);
  const head = new TextDecoder().decode((body ?? new Uint8Array()).subarray(0, LOOK));
  const title = /<title[^>]*>([^<]*)/i.exec(head)?.[1]?.replace(/\s+/g, " ").trim();
  const root = rootOf(body ?? new Uint8Array());
  if (title) said.push(`'${title}'`);
  else if (root !== undefined) said.push(`<${root.name}>`);
  else if (request.method === "GET" && isEmpty(body)) said.push("nothing");
  if (expectedOf(request) === "object" && status < 300 && !headers.get("etag")) {
    said.push("no ETag");
  }
  return escapeControls(said.join(", ") || "nothing that it should").slice(0, LONGEST);
}

/** A description has at most so many characters. */
const LONGEST = 300;
