/**
 * Sends the requests that read: the first try without the SDK, which a machine that has nothing to
 * do never loads. Any answer but a plain success goes to the SDK, as the answer to its own first try.
 * So retries, errors and all that is unusual are the SDK's, whoever has sent the request.
 *
 * | the first try                      | then                                                  |
 * | ---------------------------------- | ----------------------------------------------------- |
 * | a success that is read completely  | is the result                                         |
 * | 404 to HEAD, or `NoSuchKey` to GET | a small object is not there                           |
 * | an abort                           | is thrown                                             |
 * | no credentials, no region          | is thrown                                             |
 * | any other answer, any other error  | the SDK takes it, and goes on as after its own        |
 * | was not possible                   | the SDK does all                                      |
 */
import type { ObjectFacts, OpenAnswer, WholeObject } from "./answers.ts";
import type { Connection } from "./connection.ts";
import { errorCodeOf, pageOf } from "./light/documents.ts";
import { type Answer, type FirstTry, tryFirst } from "./light/first_try.ts";
import { factsOf, isIntact } from "./light/object_answer.ts";
import type { LightRequest } from "./light/signing.ts";
import type { ListPage } from "./listing.ts";
import type { SdkReads } from "./sdk_reads.ts";

/** Where a page of a listing begins, and what it has. */
export interface PageRequest {
  readonly prefix: string;
  readonly token: string | undefined;
  readonly after?: string | undefined;
  readonly delimiter?: string | undefined;
}

/** `signal` ends the request. */
export interface ReadSignal {
  readonly signal: AbortSignal | undefined;
}

export interface ObjectRequest extends ReadSignal {
  /** Whether S3 is asked for the checksum too. */
  readonly checksum: boolean;
}

export interface OpenRequest extends ReadSignal {
  readonly etag?: string;
  /** The value of the header `Range`. */
  readonly range?: string;
}

interface ReaderOptions {
  readonly bucket: string;
  readonly connection: Connection;
  readonly loadSdk: () => Promise<SdkReads>;
}

/** What is made of an answer. Undefined if the SDK must read it. */
type Taken<T> = { readonly value: T } | undefined;

const NOT_THERE = { value: undefined };

export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async list(page: PageRequest, { signal }: ReadSignal): Promise<ListPage> {
    return await this.#ask({
      request: { method: "GET", query: queryOf(page) },
      ...{ signal, body: "whole" },
      take: ({ status, bytes }) => {
        const value = status === 200 ? pageOf(bytes) : undefined;
        return value === undefined ? undefined : { value };
      },
      bySdk: (sdk, first) => sdk.list(page, { signal, first }),
    });
  }

  /** Undefined if there is no such object. */
  async head(key: string, { checksum, signal }: ObjectRequest): Promise<ObjectFacts | undefined> {
    return await this.#ask<ObjectFacts | undefined>({
      request: { method: "HEAD", key, headers: checksumMode(checksum) },
      ...{ signal, body: "whole" },
      take: ({ status, headers }) => {
        if (status === 404) return NOT_THERE;
        const value = status === 200 ? factsOf(headers) : undefined;
        return value === undefined ? undefined : { value };
      },
      bySdk: (sdk, first) => sdk.head(key, { checksum, signal, first }),
    });
  }

  /** A small object. Undefined if there is no such object. */
  async get(key: string, { checksum, signal }: ObjectRequest): Promise<WholeObject | undefined> {
    return await this.#ask<WholeObject | undefined>({
      request: { method: "GET", key, headers: checksumMode(checksum) },
      ...{ signal, body: "whole" },
      take: ({ status, headers, bytes }) => {
        if (status === 404 && errorCodeOf(bytes) === "NoSuchKey") return NOT_THERE;
        const facts = status === 200 ? factsOf(headers) : undefined;
        if (facts === undefined || !isIntact(headers, bytes)) return undefined;
        return { value: { ...facts, bytes } };
      },
      bySdk: (sdk, first) => sdk.get(key, { checksum, signal, first }),
    });
  }

  /** An object whose body is still to be read, without a retry. */
  async open(key: string, options: OpenRequest): Promise<OpenAnswer> {
    const { etag, range, signal } = options;
    const headers = {
      ...(etag === undefined ? {} : { "if-match": etag }),
      ...(range === undefined ? {} : { range }),
    };
    return await this.#ask({
      request: { method: "GET", key, headers },
      ...{ signal, body: "later" },
      take: ({ status, headers, body }) => {
        const facts = status < 300 ? factsOf(headers) : undefined;
        return facts === undefined || body === undefined
          ? undefined
          : { value: { ...facts, body } };
      },
      bySdk: (sdk, first) => sdk.open(key, { ...options, first }),
    });
  }

  async #ask<T>({ request, signal, body, take, bySdk }: {
    request: LightRequest;
    signal: AbortSignal | undefined;
    body: "whole" | "later";
    take: (answer: Answer) => Taken<T>;
    bySdk: (sdk: SdkReads, first: FirstTry | undefined) => Promise<T>;
  }): Promise<T> {
    const first = await tryFirst(request, this.#options, { signal, body });
    const taken = first !== undefined && "answer" in first ? take(first.answer) : undefined;
    return taken === undefined ? await bySdk(await this.#options.loadSdk(), first) : taken.value;
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
function queryOf({ prefix, token, after, delimiter }: PageRequest): Record<string, string> {
  return {
    "list-type": "2",
    ...(prefix === "" ? {} : { prefix }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(token !== undefined
      ? { "continuation-token": token }
      : after
      ? { "start-after": after }
      : {}),
  };
}

function checksumMode(isAsked: boolean): Record<string, string> {
  return isAsked ? { "x-amz-checksum-mode": "ENABLED" } : {};
}
