/**
 * How fast the server is, for `scripts/bench.ts`: the server runs in a process of its own, as
 * `deno task s3` does, and curl fetches from it and from nginx in turns.
 *
 *     deno run --allow-all tests/s3_server/bench.ts
 */
import { listKeys, putMany, ServerProcess } from "./testing/server_process.ts";
import { seedBucket } from "./testing/seed.ts";
import { presign } from "./testing/signer.ts";

export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: "MB/s" | "ms" | "ratio" | "MB" | "requests/s";
}

export interface BenchOptions {
  /** 500 MB by default. */
  readonly objectBytes?: number;
  readonly puts?: number;
  readonly keys?: number;
}

const BUCKET = "bench";
const ROUNDS = 5;

/** Runs everything in a folder that goes away afterwards. */
export async function benchS3Server(options: BenchOptions = {}): Promise<Measurement[]> {
  const { objectBytes = 500_000_000, puts = 10_000, keys = 100_000 } = options;
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-bench-" });
  try {
    return [
      ...await benchGet(folder, objectBytes),
      ...await benchPuts(folder, puts),
      ...await benchListing(folder, keys),
    ];
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** A GET of a large object, against nginx if the machine has it. */
async function benchGet(folder: string, bytes: number): Promise<Measurement[]> {
  Deno.mkdirSync(`${folder}/www`);
  const path = `${folder}/www/object`;
  writeRandom(path, bytes);
  const running = await ServerProcess.start(`${folder}/get`, BUCKET);
  const nginx = startNginx(folder);
  try {
    const put = await curl(["-T", path, presigned(running, "PUT", "/bench/object")]);
    const speeds = { own: [] as number[], nginx: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      speeds.own.push(await curl([presigned(running, "GET", "/bench/object")]));
      if (nginx !== undefined) speeds.nginx.push(await curl([`${nginx.url}/object`]));
    }
    const own = median(speeds.own);
    const other = median(speeds.nginx);
    return [
      { what: `PUT of ${bytes / 1e6} MB`, value: put, unit: "MB/s" },
      { what: `GET of ${bytes / 1e6} MB`, value: own, unit: "MB/s" },
      ...(nginx === undefined ? [] : [
        { what: "the same from nginx", value: other, unit: "MB/s" } as const,
        { what: "GET, compared with nginx", value: own / other, unit: "ratio" } as const,
      ]),
      { what: "memory of the server after that", value: running.peakMegabytes(), unit: "MB" },
    ];
  } finally {
    nginx?.process.kill("SIGTERM");
    await nginx?.process.status;
    await running.end("SIGINT");
  }
}

/** Many small PUTs: the rate of the first and of the last tenth. */
async function benchPuts(folder: string, count: number): Promise<Measurement[]> {
  const running = await ServerProcess.start(`${folder}/puts`, BUCKET);
  try {
    const tenth = Math.ceil(count / 10);
    const rates: number[] = [];
    for (let from = 0; from < count; from += tenth) {
      const started = performance.now();
      await putMany(running.server, { bucket: BUCKET, from, count: tenth, connections: 8 });
      rates.push(tenth / ((performance.now() - started) / 1000));
    }
    return [
      { what: `first ${tenth} small PUTs`, value: rates[0] ?? 0, unit: "requests/s" },
      { what: `last ${tenth} of ${count}`, value: rates.at(-1) ?? 0, unit: "requests/s" },
    ];
  } finally {
    await running.end("SIGINT");
  }
}

/** A listing of many keys, and the start of a server that has them. */
async function benchListing(folder: string, count: number): Promise<Measurement[]> {
  const keys = Array.from({ length: count }, (_, at) => `dir${at % 100}/key-${at}`);
  await seedBucket(`${folder}/list`, { bucket: BUCKET, keys });
  const started = performance.now();
  const running = await ServerProcess.start(`${folder}/list`, BUCKET);
  try {
    const ready = performance.now();
    const found = await listKeys(running.server, BUCKET);
    const listed = performance.now();
    if (found !== count) throw new Error(`listed ${found} of ${count} keys`);
    return [
      { what: `start with ${count} keys`, value: ready - started, unit: "ms" },
      { what: `listing of ${count} keys`, value: listed - ready, unit: "ms" },
    ];
  } finally {
    await running.end("SIGINT");
  }
}

function writeRandom(path: string, bytes: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  for (let left = bytes; left > 0; left -= block.length) {
    file.writeSync(block.subarray(0, Math.min(left, block.length)));
  }
}

function presigned({ server }: ServerProcess, method: string, target: string): string {
  const request = {
    method,
    target,
    headers: { host: new URL(server.url).host },
    expiresSeconds: 3600,
  };
  return server.url + presign(request, server);
}

/** Runs curl; gives MB/s of whichever direction had the bytes. */
async function curl(args: string[]): Promise<number> {
  const format = "%{http_code} %{speed_download} %{speed_upload}";
  const { stdout } = await new Deno.Command("curl", {
    args: ["-s", "-o", "/dev/null", "-w", format, ...args],
  }).output();
  const [status, down = 0, up = 0] = new TextDecoder().decode(stdout).split(" ").map(Number);
  if (status !== 200) throw new Error(`curl got status ${status}`);
  return Math.max(down, up) / 1e6;
}

/** nginx in the foreground on a folder of its own; undefined if it is not installed. */
function startNginx(folder: string): { url: string; process: Deno.ChildProcess } | undefined {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  Deno.writeTextFileSync(
    `${folder}/nginx.conf`,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
     ${Deno.uid() === 0 ? "user root;" : ""} events {}
     http { access_log off; sendfile on;
       server { listen 127.0.0.1:${port}; root ${folder}/www; } }`,
  );
  try {
    const process = new Deno.Command("nginx", { args: ["-c", `${folder}/nginx.conf`] }).spawn();
    return { url: `http://127.0.0.1:${port}`, process };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

if (import.meta.main) {
  for (const { what, value, unit } of await benchS3Server()) {
    const line = `${what.padEnd(40)} ${value.toFixed(value < 10 ? 2 : 0)} ${unit}\n`;
    Deno.stdout.writeSync(new TextEncoder().encode(line));
  }
}
