/** From an exchange to its answer: faults, route, authorization, operation, errors. */
import { authorize, type Credentials } from "./auth/sigv4.ts";
import type { Clock } from "./clock.ts";
import { control, isControl } from "./control.ts";
import { HOST_ID, S3Error } from "./errors.ts";
import type { Fault, FaultRules } from "./faults.ts";
import { UnexpectedEndError } from "./http/byte_reader.ts";
import { ConnectionOver, ConnectionReset, type Exchange } from "./http/connection.ts";
import { BadHeadError } from "./http/request_head.ts";
import type { S3Response } from "./http/response.ts";
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from "./operations/buckets.ts";
import { completeMultipartUpload } from "./operations/complete_upload.ts";
import { copyObject } from "./operations/copy_object.ts";
import { deleteObject, deleteObjects } from "./operations/delete_objects.ts";
import { getObject } from "./operations/get_object.ts";
import { listObjectsV1, listObjectsV2 } from "./operations/list_objects.ts";
import { listMultipartUploads, listParts } from "./operations/list_uploads.ts";
import {
  abortMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from "./operations/multipart.ts";
import { putObject } from "./operations/put_object.ts";
import { httpDate, noSuchBucket, type Operation } from "./operations/request.ts";
import type { RequestLog } from "./request_log.ts";
import {
  assertHeadersSupported,
  type OperationName,
  operationOf,
  type Route,
  routeOf,
} from "./route.ts";
import type { Store } from "./storage/store.ts";

const OPERATIONS: Record<OperationName, Operation> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetObject: getObject,
  HeadBucket: headBucket,
  HeadObject: getObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjectsV1,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutObject: putObject,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};

export interface DispatcherOptions {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly faults: FaultRules;
  readonly log: RequestLog;
  readonly clock: Clock;
  /** Whether faults and log can be had over HTTP. */
  readonly control: boolean;
  /** Told of errors that are the server's own. */
  onInternalError(error: unknown): void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Answers an exchange. Throws ConnectionOver if a fault wants no answer. */
  async handle(exchange: Exchange): Promise<S3Response> {
    const requestId = newRequestId();
    let response: S3Response;
    try {
      response = this.#options.control && isControl(exchange.head)
        ? await control(exchange, this.#options)
        : await this.#answer(exchange);
    } catch (thrown) {
      response = this.#errorResponse(thrown, { exchange, requestId });
    }
    const { clock } = this.#options;
    const now = clock.now();
    const { head: { method }, record: { key = "" } } = exchange;
    if (method === "PUT" && response.status === 200) clock.changed(key);
    return { ...response, headers: withCommonHeaders(response.headers, { requestId, now }) };
  }

  async #answer(exchange: Exchange): Promise<S3Response> {
    const { head, record, body } = exchange;
    let route: Route | undefined;
    let operation: OperationName | undefined;
    let unroutable: unknown;
    try {
      route = routeOf(head);
      record.bucket = route.bucket;
      record.key = route.key;
      operation = operationOf(head, route);
      record.operation = operation;
    } catch (error) {
      unroutable = error;
    }
    const staleWrites = await this.#applyFaults(exchange);
    if (route === undefined) throw unroutable;
    const { store, credentials, clock } = this.#options;
    const authorization = authorize(
      { ...route, method: head.method, headers: head.headers },
      { credentials, now: clock.now() },
    );
    if (operation === undefined) throw unroutable;
    assertHeadersSupported(head, operation);
    return await OPERATIONS[operation]({
      ...route,
      bucketName: route.bucket ?? "",
      key: route.key ?? "",
      method: head.method,
      headers: head.headers,
      bodyLength: head.bodyLength,
      body,
      authorization,
      store,
      region: credentials.region,
      staleWrites,
      now: () => clock.now(),
    });
  }

  /** Sets the exchange's faults and does those that come before the answer. */
  async #applyFaults(exchange: Exchange): Promise<number> {
    const { head, record } = exchange;
    const { faults } = this.#options;
    const fired = faults.take({ ...record, method: head.method });
    if (fired.length === 0) return 0;
    exchange.faults = fired;
    record.faults.push(...fired.map((fault) => fault.kind));
    let staleWrites = 0;
    for (const fault of fired) {
      if (fault.kind === "delay") await this.#delay(exchange, fault.milliseconds);
      if (fault.kind === "stale-list") staleWrites = Math.max(staleWrites, fault.writes);
    }
    const error = fired.map((fault) => errorOf(fault, head.headers)).find((e) => e !== undefined);
    if (error !== undefined) throw error;
    if (fired.some((fault) => fault.kind === "reset")) throw new ConnectionReset();
    return staleWrites;
  }

  async #delay(exchange: Exchange, milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    try {
      await exchange.pause(Promise.race([promise, this.#options.faults.cleared]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** The bucket was deleted while the request was under way: its files are not there any more. */
  #bucketGone(thrown: unknown, { record: { bucket } }: Exchange): S3Error | undefined {
    if (!(thrown instanceof Deno.errors.NotFound) || bucket === undefined) return undefined;
    return this.#options.store.bucket(bucket) === undefined ? noSuchBucket(bucket) : undefined;
  }

  #errorResponse(
    thrown: unknown,
    { exchange, requestId }: { exchange: Exchange; requestId: string },
  ): S3Response {
    if (thrown instanceof ConnectionOver) throw thrown;
    const error = asS3Error(thrown) ?? this.#bucketGone(thrown, exchange);
    if (error === undefined) this.#options.onInternalError(thrown);
    const known = error ?? new S3Error("InternalError");
    exchange.record.code = known.code;
    const resource = exchange.head.target.replace(/\?.*/, "");
    const headers = new Map(Object.entries(known.headers));
    headers.set("Content-Type", "application/xml");
    const region = known.details["Region"];
    if (region !== undefined) headers.set("x-amz-bucket-region", String(region));
    return {
      status: known.status,
      headers,
      body: new TextEncoder().encode(known.toXml(resource, requestId)),
    };
  }
}

function errorOf(fault: Fault, headers: ReadonlyMap<string, string>): S3Error | undefined {
  if (fault.kind === "internal-error") return new S3Error("InternalError");
  if (fault.kind === "slow-down") return new S3Error("SlowDown");
  if (fault.kind === "access-denied") return new S3Error("AccessDenied");
  const isConditional = headers.has("if-match") || headers.has("if-none-match");
  if (fault.kind === "no-conditional-writes" && isConditional) return new S3Error("NotImplemented");
  return undefined;
}

/** What the client did wrong; undefined for the server's own errors. */
function asS3Error(thrown: unknown): S3Error | undefined {
  if (thrown instanceof S3Error) return thrown;
  if (thrown instanceof UnexpectedEndError) return new S3Error("IncompleteBody");
  if (thrown instanceof BadHeadError) return new S3Error("IncompleteBody");
  return undefined;
}

function newRequestId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase();
}

function withCommonHeaders(
  headers: ReadonlyMap<string, string>,
  { requestId, now }: { readonly requestId: string; readonly now: number },
): Map<string, string> {
  return new Map([
    ["x-amz-request-id", requestId],
    ["x-amz-id-2", HOST_ID],
    ["Date", httpDate(now)],
    ...headers,
    ["Server", "ftl-s3"],
  ]);
}

/** The answer to what is no HTTP. */
export function refusal(code: "BadRequest" | "RequestHeaderSectionTooLarge"): S3Response {
  const requestId = newRequestId();
  const error = new S3Error(code);
  return {
    status: error.status,
    headers: withCommonHeaders(new Map([["Content-Type", "application/xml"]]), {
      requestId,
      now: Date.now(),
    }),
    body: new TextEncoder().encode(error.toXml("", requestId)),
  };
}
