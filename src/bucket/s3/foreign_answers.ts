/**
 * Whether an answer is S3's. A login page, a proxy or another web server says 200 to everything, and the SDK
 * takes a web page for an empty listing: so what S3 always sends is demanded here, where answers arrive.
 *
 * | request                        | what S3 sends                                             |
 * | ------------------------------ | --------------------------------------------------------- |
 * | a listing, the steps of parts  | 200, XML of a certain root element, to its end            |
 * | PUT, HEAD and GET of an object | 200 (206 for a range) with an ETag                        |
 * | DELETE                         | 204; 200 where it is empty                                |
 * | whatever fails                 | XML of the root `Error`, or at the least its request id   |
 */
import { StorageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";

/** What the answer to a request has to be. */
type Expected = { readonly root: string } | "object" | "nothing";

/** By the queries of https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html */
function expectedOf({ method, url }: Request): Expected {
  const query = new URL(url).searchParams;
  if (method === "DELETE") return "nothing";
  if (method === "GET" && query.has("list-type")) return { root: "ListBucketResult" };
  if (method === "GET" && query.has("uploads")) return { root: "ListMultipartUploadsResult" };
  if (method === "POST" && query.has("uploads")) return { root: "InitiateMultipartUploadResult" };
  if (method === "POST" && query.has("uploadId")) return { root: "CompleteMultipartUploadResult" };
  if (method === "POST" && query.has("delete")) return { root: "DeleteResult" };
  return "object";
}

/** Whether the request is for an object's bytes. */
export function asksForObject(request: Request): boolean {
  return request.method === "GET" && expectedOf(request) === "object";
}

/**
 * Throws `StorageError` where the answer is not S3's.
 *
 * @param body the whole of it; undefined where it is the bytes of an object, which are read later
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
    // The end of an upload may fail after its 200 was sent.
    const isFailure = expected.root === "CompleteMultipartUploadResult" && root?.name === "Error";
    // moto says `Response` where S3 says `Result`.
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

/** S3 and those who speak its language mark each answer, as far as a proxy lets them. */
function isMarked({ headers }: Response): boolean {
  // The third is that of AWS's other services, and moto's.
  return headers.has("x-amz-request-id") || headers.has("x-amz-id-2") ||
    headers.has("x-amzn-requestid") || headers.has("x-amz-bucket-region");
}

function requireS3Error(request: Request, response: Response, body: Uint8Array): void {
  const { status, headers } = response;
  if (status === 304 || isMarked(response) || rootOf(body)?.name === "Error") return;
  const location = headers.get("location");
  if (status < 400 && location !== null) throw sendsOn(request, location);
  // The answer to HEAD has no body that could tell.
  const isPage = /^text\/html\b/i.test(headers.get("content-type") ?? "");
  if (request.method === "HEAD" && status >= 400 && !isPage) return;
  throw notS3(request, response, body);
}

/** Bytes of a document in which its root element is looked for, at both ends. */
const LOOK = 4096;
const DOCUMENT =
  /^\s*(?:<\?xml[^>]*\?>)?(?:\s|<!--[^]*?-->)*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(\s|\/?>)/;

interface Root {
  readonly name: string;
  /** Whether it is closed at the end of the document. */
  readonly isWhole: boolean;
}

/** The root element of an XML document. It must have no declarations: S3 makes none, and entities can be bombs. */
function rootOf(body: Uint8Array): Root | undefined {
  const head = new TextDecoder().decode(body.subarray(0, LOOK));
  const name = DOCUMENT.exec(head)?.[1];
  if (name === undefined) return undefined;
  const tail = new TextDecoder().decode(body.subarray(-LOOK)).trimEnd();
  return { name, isWhole: new RegExp(`(</([\\w.-]+:)?${name}\\s*>|/>)$`).test(tail) };
}

/** Bytes: 1,024 of a key, each of which may be escaped, and a token's; the parser takes long over much more. */
const LONGEST_TEXT = 65_536;

/** Whether there is more between two tags than any of S3's documents has there. */
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
  const text = `${originOf(request)} answered with a document that has no end`;
  const hint = "Try again, and look at proxies in between: nothing has changed";
  return asRetryable(
    new StorageError(text, { reason: "unreachable", retryable: true, hint }),
    true,
  );
}

/** `redirect: "manual"` is what keeps the token, the signature and the bytes at home. */
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

/** For the SDK, which tries again what is marked so. */
function asRetryable(error: StorageError, retryable: boolean): StorageError {
  return retryable ? Object.assign(error, { $retryable: { throttling: false } }) : error;
}

export function originOf({ url }: Request): string {
  return new URL(url).origin;
}

/** `403 Forbidden, text/html, 'Please log in'` */
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

/** Characters of a description. */
const LONGEST = 300;
