/**
 * Stores that are none, or that never come to an end: every command must end with a designed exit code, within
 * a bound of time and memory, and must not send anything to a host that it was not told of.
 */
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { makeSite } from "./site.ts";

/** An answer to any request; `elsewhere` is a second server, which nobody may ask. */
type Answer = (request: Request, elsewhere: string) => Response;

const CHUNK = new TextEncoder().encode(`<!-- ${"x".repeat(64 * 1024)} -->`);
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';

/** By name, as the figures and messages call them. */
export const STORES: Readonly<Record<string, Answer>> = {
  "a web page for everything": () =>
    html(200, "<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>"),
  "an empty 200 for everything": () => new Response(""),
  "JSON for everything": () => Response.json({ status: "ok" }),
  "a proxy's 403": () => html(403, "<html><body>Blocked by policy</body></html>"),
  "an error without an end": () => endless(403, `${HEAD}<Error><Code>AccessDenied</Code>`),
  "redirects to another host": (request, elsewhere) => {
    const { pathname, search } = new URL(request.url);
    return new Response(null, {
      status: 307,
      headers: { location: elsewhere + pathname + search },
    });
  },
  "a listing page without an end": (request) =>
    isListing(request) ? endless(200, `${HEAD}<ListBucketResult>`) : missing(),
  "a listing whose token comes back": (request) =>
    isListing(request) ? page({ keys: [], token: "again" }) : missing(),
  "a listing that always goes on": (request) => {
    if (!isListing(request)) return missing();
    const last = Number(new URL(request.url).searchParams.get("continuation-token") ?? "0");
    const keys = Array.from({ length: 1000 }, (_, n) => keyOf(last + n));
    return page({ keys, token: String(last + 1000) });
  },
  "a pointer without an end": (request) => {
    if (isListing(request)) return page({ keys: [`${PACKAGE}.rev`] });
    return request.method === "GET" ? endless(200, `${PACKAGE}.`, OBJECT) : missing();
  },
  "a compressed answer of gigabytes": (request) => {
    if (!isListing(request)) return missing();
    return new Response(forGood(HEAD).pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-type": "application/xml", "content-encoding": "gzip" },
    });
  },
};

/** Those that take minutes: a million keys are listed before it is said that there are too many. */
export const SLOW_STORES: readonly string[] = ["a listing that always goes on"];

const OBJECT = { etag: '"9a0364b9e99bb480dd25e1f0284c8555"', "content-type": "text/plain" };

export interface BadStoreOptions {
  /** All, unless some are named. */
  readonly stores?: readonly string[];
  /** Only one command in so many, which ones by the seed. */
  readonly share?: { readonly seed: number; readonly of: number };
}

/** Megabytes resident at the most, from source. */
const MOST_MEMORY = 700;
/** After so many seconds a command is killed. Its own clock runs faster. */
const MOST_REAL_SECONDS = 180;
const CLOCK = 20;
/** Commands that need S3, and the codes that they may end with. */
const COMMANDS: readonly (readonly string[])[] = [
  ["sync"],
  ["list", "--master"],
  ["list", "--master", PACKAGE],
  ["jump", "--master", `${PACKAGE}.VbzfVwhz3rk`],
  ["purge", "--master", "--keep", "1", PACKAGE],
  ["spool", ""],
  ["doctor"],
];
/** Usage (another region), not found, lost race, integrity, storage. */
const CODES: readonly number[] = [2, 3, 4, 5, 7];
/** What asks for nothing but a listing, which this store has. */
const UNHARMED = "a pointer without an end, ftl list --master";

/** Throws an Error that names the store and the command. */
export async function badStores(options: BadStoreOptions = {}): Promise<Figures> {
  const { stores = Object.keys(STORES), share = { seed: 0, of: 1 } } = options;
  let turn = share.seed;
  await using lab = await Lab.start([PACKAGE]);
  const file = lab.file(makeSite(PACKAGE, 1, { files: 3, scripts: false }));
  const inspector = new Inspector(lab);
  let commands = 0;
  let largest = 0;
  for (const name of stores) {
    await using store = new BadStore(STORES[name] as Answer);
    for (const command of COMMANDS) {
      if (turn++ % share.of !== 0) continue;
      const args = command.map((word) => word === "" ? file : word);
      const seen = await tryCommand(lab, args, store);
      const where = `${name}, ftl ${command.join(" ").trim()}`;
      requireDesigned(where, seen);
      if (store.strayed > 0) throw new Error(`${where}: another host was asked`);
      largest = Math.max(largest, seen.memory);
      commands++;
    }
  }
  await inspector.look();
  return { stores: stores.length, commands, "MB at most": largest.toFixed() };
}

interface Seen {
  readonly code: number;
  readonly stderr: string;
  readonly seconds: number;
  /** Megabytes. */
  readonly memory: number;
}

async function tryCommand(lab: Lab, args: readonly string[], store: BadStore): Promise<Seen> {
  const started = performance.now();
  const child = lab.launch(args, { clock: CLOCK, env: { AWS_ENDPOINT_URL_S3: store.url } });
  const memory = new MemoryWatch(child.pid);
  const killer = setTimeout(() => child.kill("SIGKILL"), MOST_REAL_SECONDS * 1000);
  const { code, stderr } = await child.output();
  clearTimeout(killer);
  return {
    code,
    stderr: new TextDecoder().decode(stderr),
    seconds: (performance.now() - started) / 1000 * CLOCK,
    memory: memory.stop(),
  };
}

function requireDesigned(where: string, { code, stderr, seconds, memory }: Seen): void {
  if (!(CODES.includes(code) || (code === 0 && where === UNHARMED)) || /^ +at /m.test(stderr)) {
    throw new Error(
      `${where}: exit ${code} after ${seconds.toFixed()} s: ${stderr.slice(0, 2000)}`,
    );
  }
  if (memory > MOST_MEMORY) throw new Error(`${where}: ${memory.toFixed()} MB`);
}

class BadStore implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #elsewhere: Deno.HttpServer<Deno.NetAddr>;
  /** Requests that came to the other host. */
  strayed = 0;

  constructor(answer: Answer) {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#elsewhere = Deno.serve(options, () => {
      this.strayed++;
      return new Response("");
    });
    const elsewhere = `http://127.0.0.1:${this.#elsewhere.addr.port}`;
    this.#server = Deno.serve(options, (request) => answer(request, elsewhere));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#server.shutdown(), this.#elsewhere.shutdown()]);
  }
}

function isListing(request: Request): boolean {
  return request.method === "GET" && new URL(request.url).searchParams.has("list-type");
}

function keyOf(n: number): string {
  return `${PACKAGE}.Vbz${String(n).padStart(8, "0")}.tgz`;
}

function page({ keys, token }: { keys: readonly string[]; token?: string }): Response {
  const contents = keys.map((key) =>
    `<Contents><Key>${key}</Key><LastModified>2026-11-25T12:00:00.000Z</LastModified>` +
    `<ETag>${OBJECT.etag}</ETag><Size>10</Size><StorageClass>STANDARD</StorageClass></Contents>`
  );
  const more = token === undefined
    ? "<IsTruncated>false</IsTruncated>"
    : `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
  return xml(
    200,
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>deploys</Name>' +
      `<Prefix></Prefix><MaxKeys>1000</MaxKeys><KeyCount>${keys.length}</KeyCount>${more}` +
      `${contents.join("")}</ListBucketResult>`,
  );
}

function missing(): Response {
  return xml(404, "<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>");
}

function xml(status: number, body: string): Response {
  const headers = { "content-type": "application/xml", "x-amz-request-id": "1" };
  return new Response(HEAD + body, { status, headers });
}

function html(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/html" } });
}

function endless(status: number, start: string, headers: Record<string, string> = {}): Response {
  return new Response(forGood(start), {
    status,
    headers: { "content-type": "application/xml", "x-amz-request-id": "1", ...headers },
  });
}

/** Bytes as long as somebody reads them. */
function forGood(start: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
    pull: (controller) => controller.enqueue(CHUNK),
  });
}
