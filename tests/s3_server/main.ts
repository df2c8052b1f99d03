/**
 * `deno task s3`: the local server in the foreground, on a fixed port, with a folder that lasts.
 *
 *     deno task s3 [--port 9321] [--folder .s3] [--bucket ftl] [--region us-east-1] [--control]
 *     deno task s3 --host 0.0.0.0 --allow-remote     with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
 *
 * Prints the lines that point FTL and the aws-cli at it, and ends on Ctrl-C.
 */
import { parseArgs } from "node:util";
import { isLoopback, type S3Server, startS3Server } from "./server.ts";

const DEFAULT_FOLDER = new URL("../../.s3", import.meta.url).pathname;

/** What the command line asks for. */
interface Settings {
  readonly port: number;
  readonly host: string;
  readonly folder: string;
  readonly bucket: string;
  readonly region: string;
  readonly control: boolean;
}

/** Parses the command line. Throws an Error whose message is for the user. */
function parseSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      "port": { type: "string", default: "9321" },
      "host": { type: "string", default: "127.0.0.1" },
      "folder": { type: "string", default: DEFAULT_FOLDER },
      "bucket": { type: "string", default: "ftl" },
      "region": { type: "string", default: "us-east-1" },
      "control": { type: "boolean", default: false },
      "allow-remote": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) throw new Error(`Bad port ${values.port}`);
  if (!isLoopback(values.host) && !values["allow-remote"]) {
    throw new Error(`Cannot listen on ${values.host}: others could reach it; see --allow-remote`);
  }
  const { host, folder, bucket, region, control } = values;
  return { port, host, folder, bucket, region, control };
}

function start(settings: Settings): Promise<S3Server> {
  const { port, host, folder, bucket, region, control } = settings;
  // Beyond loopback the server demands credentials that are not known to everybody.
  const credentials = isLoopback(host) ? {} : {
    ...given("accessKeyId", Deno.env.get("AWS_ACCESS_KEY_ID")),
    ...given("secretAccessKey", Deno.env.get("AWS_SECRET_ACCESS_KEY")),
  };
  return startS3Server({
    port,
    hostname: host,
    folder,
    buckets: [bucket],
    region,
    control,
    ...credentials,
  });
}

function given<K extends string>(name: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : { [name]: value } as { [P in K]?: string };
}

function greeting(server: S3Server, { folder, bucket, host }: Settings): string {
  const isSecret = (name: string): boolean => !isLoopback(host) && name === "AWS_SECRET_ACCESS_KEY";
  const exports = Object.entries(server.env(bucket)).map(([name, value]) =>
    `export ${name}=${isSecret(name) ? "..." : value}\n`
  );
  return `# S3 on ${server.url}, objects in ${folder}; Ctrl-C ends it. In another terminal:\n` +
    exports.join("");
}

/** Resolves at the first Ctrl-C or SIGTERM. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    Deno.addSignalListener("SIGINT", resolve);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", resolve);
  });
}

async function main(): Promise<number> {
  try {
    const settings = parseSettings(Deno.args);
    const end = asked();
    await using server = await start(settings);
    Deno.stdout.writeSync(new TextEncoder().encode(greeting(server, settings)));
    await end;
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    Deno.stderr.writeSync(new TextEncoder().encode(`s3: ${message}\n`));
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main());
