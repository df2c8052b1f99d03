/** What was asked of the server, request by request, so that tests can count and look. */

export interface RequestRecord {
  /** 1 for the first request of the server. */
  readonly id: number;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  bucket: string | undefined;
  key: string | undefined;
  /** The name that AWS gives it, e.g. `ListObjectsV2`; `Unknown` before it is known. */
  operation: string;
  /** The Range header. */
  readonly range: string | undefined;
  /** The User-Agent header. */
  readonly agent: string | undefined;
  /** 0 until it is answered; it stays 0 if the connection was cut before. */
  status: number;
  /** The code of the error, if the answer is one. */
  code: string | undefined;
  /** The kinds of the faults that were applied to it. */
  readonly faults: string[];
  /** Body bytes received so far, framing included. */
  received: number;
  /** Body bytes sent so far. */
  sent: number;
  /** From the head's arrival to the response's end; 0 until then. */
  milliseconds: number;
}

/** Older records are dropped beyond this many, so that a server that runs for weeks does not grow. */
const MAX_RECORDS = 100_000;

export class RequestLog {
  readonly #records: RequestRecord[] = [];
  #lastId = 0;

  /** The live list: a request is in it from the moment its head is read. */
  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  add(request: Pick<RequestRecord, "method" | "target" | "range" | "agent">): RequestRecord {
    const record: RequestRecord = {
      id: ++this.#lastId,
      ...request,
      bucket: undefined,
      key: undefined,
      operation: "Unknown",
      status: 0,
      code: undefined,
      faults: [],
      received: 0,
      sent: 0,
      milliseconds: 0,
    };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records.splice(0, MAX_RECORDS / 10);
    return record;
  }

  clear(): void {
    this.#records.length = 0;
  }
}
