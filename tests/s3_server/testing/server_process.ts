/** The server as its users run it, in a process of its own: to be killed, or measured. */
import type { S3Server } from "../server.ts";
import { readResponse, sendSigned, signedRequest } from "./raw_client.ts";

/** What requests to a server need of it. */
export type ServerAddress = Pick<
  S3Server,
  "url" | "port" | "accessKeyId" | "secretAccessKey" | "region"
>;

export class ServerProcess {
  readonly server: ServerAddress;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, greeting: string) {
    const value = (name: string): string =>
      new RegExp(`export ${name}=(.*)`).exec(greeting)?.[1] ?? "";
    const url = value("AWS_ENDPOINT_URL_S3");
    this.#process = process;
    this.server = {
      url,
      port: Number(new URL(url).port),
      accessKeyId: value("AWS_ACCESS_KEY_ID"),
      secretAccessKey: value("AWS_SECRET_ACCESS_KEY"),
      region: value("AWS_REGION"),
    };
  }

  /** Starts `main.ts` on a free port; resolves when it has greeted. */
  static async start(folder: string, bucket: string): Promise<ServerProcess> {
    const main = new URL("../main.ts", import.meta.url).pathname;
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--allow-all", main],
        ...["--port", "0", "--folder", folder, "--bucket", bucket],
      ],
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let greeting = "";
    while (!greeting.includes("FTL_BUCKET")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the server ended: ${greeting}`);
      greeting += value;
    }
    reader.cancel();
    return new ServerProcess(process, greeting);
  }

  /** The most memory that it ever had resident; 0 if the system does not tell. */
  peakMegabytes(): number {
    if (Deno.build.os !== "linux") return 0;
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  async end(signal: "SIGKILL" | "SIGINT"): Promise<Deno.CommandStatus> {
    this.#process.kill(signal);
    return await this.#process.status;
  }
}

/** PUTs `count` small objects over some connections. */
export async function putMany(
  server: ServerAddress,
  { bucket, from, count, connections }: {
    bucket: string;
    from: number;
    count: number;
    connections: number;
  },
): Promise<void> {
  let next = from;
  await Promise.all(Array.from({ length: connections }, async () => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    while (next < from + count) {
      const target = `/${bucket}/key-${next++}`;
      await conn.write(signedRequest(server, { method: "PUT", target, body: "small" }));
      const { status } = await readResponse(conn);
      if (status !== 200) throw new Error(`PUT got status ${status}`);
    }
  }));
}

/** Lists a whole bucket; returns the number of its keys. */
export async function listKeys(server: ServerAddress, bucket: string): Promise<number> {
  let count = 0;
  let token = "";
  do {
    const query = `${token && `continuation-token=${encodeURIComponent(token)}&`}list-type=2`;
    const { body } = await sendSigned(server, { target: `/${bucket}?${query}` });
    count += body.split("<Key>").length - 1;
    token = /<NextContinuationToken>(.*?)</.exec(body)?.[1] ?? "";
  } while (token !== "");
  return count;
}
