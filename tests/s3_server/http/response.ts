/** Responses and how they are written: RFC 9112, section 4; RFC 9110, section 6.6.1. */

/** A run of bytes of an open file. Whoever sends it closes the file. */
export interface FileSlice {
  readonly file: Deno.FsFile;
  readonly length: number;
}

export interface S3Response {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** What GET would send. Left away for HEAD, whose headers tell of it all the same. */
  readonly body?: Uint8Array | FileSlice;
  /** The length to announce if there is no body to count, as for HEAD. */
  readonly contentLength?: number;
}

const REASONS: Record<number, string> = {
  200: "OK",
  204: "No Content",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  411: "Length Required",
  412: "Precondition Failed",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Slow Down",
};

/** The length that `Content-Length` announces; undefined if the status allows no body. */
export function announcedLength(response: S3Response): number | undefined {
  if (response.status === 204 || response.status === 304) return undefined;
  return response.contentLength ?? response.body?.length ?? 0;
}

/** The head as bytes, one byte a character: headers are kept as they came. */
export function headBytes(response: S3Response, keepAlive: boolean): Uint8Array {
  let head = `HTTP/1.1 ${response.status} ${REASONS[response.status] ?? "Unknown"}\r\n`;
  for (const [name, value] of response.headers) {
    head += `${name}: ${value.replace(/[\r\n\0]/g, " ")}\r\n`;
  }
  const length = announcedLength(response);
  if (length !== undefined) head += `Content-Length: ${length}\r\n`;
  head += keepAlive ? "\r\n" : "Connection: close\r\n\r\n";
  const bytes = new Uint8Array(head.length);
  for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at) & 0xff;
  return bytes;
}

const BLOCK = 1024 * 1024;

/**
 * Sends a file's bytes. The next block is read while the last one is on its way; the reads are
 * synchronous, because from the page cache they cost less than a trip to the thread pool.
 */
export async function sendFile(
  slice: FileSlice,
  send: (block: Uint8Array) => Promise<void>,
): Promise<void> {
  const size = Math.min(BLOCK, slice.length);
  const buffers = [new Uint8Array(size), new Uint8Array(slice.length > size ? size : 0)];
  let underway: Promise<void> = Promise.resolve();
  try {
    let turn = 0;
    for (let left = slice.length; left > 0; turn ^= 1) {
      const buffer = buffers[turn] ?? new Uint8Array(0);
      const count = slice.file.readSync(buffer.subarray(0, Math.min(left, size)));
      await underway;
      if (count === null) throw new Error("the file is shorter than its record says");
      left -= count;
      underway = send(buffer.subarray(0, count));
      // Handled here too, so that a failure while the file is being read is not an unhandled one.
      underway.catch(() => {});
    }
    await underway;
  } finally {
    slice.file.close();
  }
}
