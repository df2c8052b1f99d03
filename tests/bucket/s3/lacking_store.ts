/**
 * Stores that speak S3's language and lack some of it: a proxy before the project's own server, which refuses,
 * ignores or mistakes what such a store does. Real stores that do the same are named at each.
 */
import { createHash } from "node:crypto";
import { type S3Server, type S3ServerOptions, startS3Server } from "../../s3_server/server.ts";
import { sign } from "../../s3_server/testing/signer.ts";
import { TempFolder } from "../../temp.ts";

/** A request on its way: what is changed here is what the server gets. */
export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Answers in place of the server, or lets the request pass. */
export type Lacking = (request: PassingRequest) => Response | undefined;

export function refusal(status: number, code: string, message: string): Response {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code>` +
    `<Message>${message}</Message><RequestId>R</RequestId></Error>`;
  return new Response(xml, {
    status,
    headers: { "content-type": "application/xml", "x-amz-request-id": "R" },
  });
}

const isWrite = ({ method }: PassingRequest): boolean => method === "PUT" || method === "POST";

const checksumHeaders = ({ headers }: PassingRequest): string[] =>
  [...headers.keys()].filter((name) => /^x-amz-(sdk-)?checksum-/.test(name));

const conditionHeaders = ({ headers }: PassingRequest): string[] =>
  ["if-match", "if-none-match"].filter((name) => headers.has(name));

/** Swift's s3api says so of PUT, and takes conditions for nothing at the end of an upload. */
export function withoutConditions(
  answer = () => refusal(501, "NotImplemented", "Conditional object PUTs are not supported."),
): Lacking {
  return (request) =>
    isWrite(request) && conditionHeaders(request).length > 0 ? answer() : undefined;
}

/** Older stores of every kind. */
export function ignoringConditions(): Lacking {
  return (request) => {
    if (isWrite(request)) {
      for (const name of conditionHeaders(request)) request.headers.delete(name);
    }
    return undefined;
  };
}

/** radosgw 16: compares the header with the bare ETag, byte for byte. */
export function matchingUnquoted(): Lacking {
  return (request) =>
    isWrite(request) && request.headers.get("if-match")?.includes('"')
      ? refusal(412, "PreconditionFailed", "")
      : undefined;
}

/** Stores older than the checksums of 2022 that refuse what they do not know. */
export function withoutChecksums(answer: (header: string) => Response): Lacking {
  return (request) => {
    const [refused] = checksumHeaders(request).filter((name) => name !== "x-amz-checksum-mode");
    return isWrite(request) && refused !== undefined ? answer(refused) : undefined;
  };
}

/** Swift's s3api: never looks at checksums, and its schema of CompleteMultipartUpload has none. */
export function withoutPartChecksums(): Lacking {
  return (request) => {
    for (const name of checksumHeaders(request)) request.headers.delete(name);
    const isComplete = request.method === "POST" && request.query.has("uploadId");
    const text = isComplete ? new TextDecoder().decode(request.body) : "";
    return text.includes("<ChecksumSHA256>")
      ? refusal(400, "MalformedXML", "The XML you provided was not well-formed")
      : undefined;
  };
}

/** One after the other, until one answers. */
export function all(...lacks: readonly Lacking[]): Lacking {
  return (request) => {
    for (const lack of lacks) {
      const answer = lack(request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/**
 * What a store that hangs does with a request: nothing, `lost`, or its work, `done`; either way it says nothing.
 * Undefined lets it pass.
 */
export type Hanging = (request: PassingRequest) => "lost" | "done" | undefined;

export interface LackingStoreOptions extends Partial<S3ServerOptions> {
  readonly hanging?: Hanging;
}

export class LackingStore implements AsyncDisposable {
  /** Method and path of each request, with the status of its answer. */
  readonly log: string[] = [];
  /** Methods of the requests that hang. */
  readonly held: string[] = [];
  readonly #closing = Promise.withResolvers<void>();
  readonly #proxy: Deno.HttpServer<Deno.NetAddr>;

  private constructor(
    readonly server: S3Server,
    readonly lacking: Lacking,
    readonly hanging: Hanging,
    /** Ends what it has brought along. */
    readonly end: () => Promise<void>,
  ) {
    this.#proxy = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#handle(request),
    );
  }

  static async start(
    lacking: Lacking,
    { hanging = () => undefined, ...options }: LackingStoreOptions = {},
  ): Promise<LackingStore> {
    const folder = new TempFolder();
    const server = await startS3Server({
      folder: folder.folder("s3"),
      buckets: ["deploys"],
      durable: false,
      ...options,
    });
    return new LackingStore(server, lacking, hanging, async () => {
      await server.close();
      folder[Symbol.dispose]();
    });
  }

  /** Before a server that is there already, and stays. */
  static before(
    server: S3Server,
    { lacking = () => undefined, hanging = () => undefined }: {
      readonly lacking?: Lacking;
      readonly hanging?: Hanging;
    },
  ): LackingStore {
    return new LackingStore(server, lacking, hanging, () => Promise.resolve());
  }

  /** Points FTL at the store. */
  env(bucket = "deploys"): Record<string, string> {
    const { port } = this.#proxy.addr;
    return { ...this.server.env(bucket), AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` };
  }

  async #handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const passing: PassingRequest = {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: new Headers(request.headers),
      body: new Uint8Array(await request.arrayBuffer()),
    };
    const hanging = this.hanging(passing);
    if (hanging !== undefined) {
      if (hanging === "done") await (await this.#pass(url, passing)).body?.cancel();
      this.held.push(passing.method);
      await this.#closing.promise;
      return new Response(null, { status: 503 });
    }
    const answer = this.lacking(passing) ?? await this.#pass(url, passing);
    this.log.push(`${request.method} ${url.pathname} ${answer.status}`);
    return answer;
  }

  /** Signed anew: what was taken away had been signed. */
  async #pass(url: URL, { method, headers, body }: PassingRequest): Promise<Response> {
    const query = url.search.slice(1).split("&").filter((pair) => pair !== "").sort().join("&");
    const target = url.pathname + (query === "" ? "" : `?${query}`);
    const kept = [...headers].filter(([name]) =>
      !/^(host|authorization|content-length|x-amz-date|x-amz-content-sha256|accept.*)$/.test(name)
    );
    const signed = sign({
      method,
      target,
      headers: {
        ...Object.fromEntries(kept),
        "host": `127.0.0.1:${this.server.port}`,
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
      },
    }, this.server);
    const { host: _host, ...sent } = signed.headers;
    const hasBody = method === "PUT" || method === "POST";
    const answer = await fetch(this.server.url + target, {
      method,
      headers: sent,
      ...(hasBody ? { body } : {}),
    });
    return new Response(answer.body, answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.resolve();
    await this.#proxy.shutdown();
    await this.end();
  }
}
