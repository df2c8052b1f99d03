/**
 * A local server that speaks S3, for tests and for trying FTL by hand. It keeps its objects in a
 * folder; what it promises is in its conformance suite.
 *
 * @example
 * await using server = await startS3Server({ folder, buckets: ["ftl"] });
 * // run something with server.env("ftl") and look at server.log
 */
import { Clock } from "./clock.ts";
import { Dispatcher, refusal } from "./dispatcher.ts";
import { type FaultRule, FaultRules } from "./faults.ts";
import { Connection, type ConnectionHost } from "./http/connection.ts";
import { RequestLog, type RequestRecord } from "./request_log.ts";
import { Store } from "./storage/store.ts";

export type { Fault, FaultRule } from "./faults.ts";
export type { RequestRecord } from "./request_log.ts";

/** The credentials of a server that only this machine can reach. */
export const LOCAL_ACCESS_KEY_ID = "ftl-local";
export const LOCAL_SECRET_ACCESS_KEY = "ftl-local-secret";

export interface S3ServerOptions {
  /** Where the objects lie: made if it is not there, kept when the server ends. */
  folder: string;
  /** 0, as by default, for a free one. */
  port?: number;
  /** 127.0.0.1 by default. Any other than loopback wants credentials of its own. */
  hostname?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Where given, requests must carry this token. */
  sessionToken?: string;
  /** us-east-1 by default. */
  region?: string;
  /** Made at the start, if they are not there yet. */
  buckets?: readonly string[];
  faults?: readonly FaultRule[];
  /** Whether faults and log can be had at `/_ftl/`. Off by default; on loopback only. */
  control?: boolean;
  /** Whether to wait for the disk before a change is confirmed. On by default. */
  durable?: boolean;
  /** Keys after whose change the clock goes on to the next second at once: nobody need wait for it. */
  leapAfter?: RegExp | undefined;
  /** Told of errors that are the server's own, each of which is a bug. */
  onInternalError?: (error: unknown) => void;
}

/** Starts a server. Throws if the port or the folder is taken, or the options are unsafe. */
// deno-lint-ignore require-await -- leaves room for what has to be waited for
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  return new S3Server(options);
}

export class S3Server implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly #sessionToken: string | undefined;
  readonly #listener: Deno.TcpListener;
  readonly #store: Store;
  readonly #faults: FaultRules;
  readonly #log = new RequestLog();
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(options: S3ServerOptions) {
    const { hostname = "127.0.0.1", region = "us-east-1", control = false } = options;
    assertSafe({ ...options, hostname, control });
    this.accessKeyId = options.accessKeyId ?? LOCAL_ACCESS_KEY_ID;
    this.secretAccessKey = options.secretAccessKey ?? LOCAL_SECRET_ACCESS_KEY;
    this.#sessionToken = options.sessionToken;
    this.region = region;
    this.#faults = new FaultRules(options.faults);
    this.#store = new Store(options.folder, { durable: options.durable ?? true });
    try {
      for (const bucket of options.buckets ?? []) this.#store.create(bucket);
      this.#listener = Deno.listen({ hostname, port: options.port ?? 0 });
    } catch (error) {
      this.#store.close();
      throw error;
    }
    this.port = this.#listener.addr.port;
    this.url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${this.port}`;
    this.#accepting = this.#accept(this.#connectionHost({ ...options, control }));
  }

  /** Every request so far, oldest first. */
  get log(): readonly RequestRecord[] {
    return this.#log.records;
  }

  /** Its buckets and what they hold, for tests of this process: without a request, so also without its time. */
  get store(): Store {
    return this.#store;
  }

  clearLog(): void {
    this.#log.clear();
  }

  addFault(rule: FaultRule): void {
    this.#faults.add(rule);
  }

  /** Drops all rules; delays and stalls that are going on end. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** The variables that point FTL, the SDKs and the aws-cli at this server. */
  env(bucket: string): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_S3: this.url,
      AWS_ACCESS_KEY_ID: this.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.secretAccessKey,
      ...(this.#sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: this.#sessionToken }),
      AWS_REGION: this.region,
      FTL_BUCKET: bucket,
    };
  }

  /** Stops: connections are closed, changes that have begun are brought to their end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all(this.#connections.values());
    this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connectionHost(options: S3ServerOptions & { control: boolean }): ConnectionHost {
    const faults = this.#faults;
    const log = this.#log;
    const dispatcher = new Dispatcher({
      store: this.#store,
      credentials: {
        accessKeyId: this.accessKeyId,
        secretAccessKey: this.secretAccessKey,
        sessionToken: this.#sessionToken,
        region: this.region,
      },
      faults,
      log,
      clock: new Clock(options.leapAfter),
      control: options.control,
      onInternalError: options.onInternalError ?? reportInternalError,
    });
    return {
      handle: (exchange) => dispatcher.handle(exchange),
      refuse: refusal,
      log: ({ method, target, headers }) =>
        log.add({
          ...{ method, target },
          ...{ range: headers.get("range"), agent: headers.get("user-agent") },
        }),
      get faultsCleared() {
        return faults.cleared;
      },
    };
  }

  async #accept(host: ConnectionHost): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        const connection = new Connection(conn, host);
        const served = connection.serve().finally(() => this.#connections.delete(connection));
        this.#connections.set(connection, served);
      }
    } catch {
      // The listener was closed while a client was about to come in.
    }
  }
}

/** Throws a RangeError if others could reach the server with credentials that everybody knows. */
function assertSafe(
  options: S3ServerOptions & { hostname: string; control: boolean },
): void {
  if (isLoopback(options.hostname)) return;
  if (options.control) {
    throw new RangeError(`Cannot listen on ${options.hostname} with the control calls on`);
  }
  const { accessKeyId, secretAccessKey } = options;
  const real = accessKeyId !== undefined && accessKeyId !== LOCAL_ACCESS_KEY_ID &&
    secretAccessKey !== undefined && secretAccessKey !== LOCAL_SECRET_ACCESS_KEY &&
    secretAccessKey.length >= 16;
  if (!real) {
    throw new RangeError(
      `Cannot listen on ${options.hostname} without an access key id of your own ` +
        "and a secret access key of at least 16 characters",
    );
  }
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(hostname);
}

function reportInternalError(error: unknown): void {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  Deno.stderr.writeSync(new TextEncoder().encode(`s3 server: ${text}\n`));
}
