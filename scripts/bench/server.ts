/**
 * Runs the S3-compatible server as a process of its own, so that it shares no thread with the measured program.
 */
import { startS3Server } from "../../tests/s3_server/server.ts";

const [folder = "", bucket = ""] = Deno.args;
// Waiting for the disk would measure the disk.
const server = await startS3Server({ folder, buckets: [bucket], durable: false, control: true });
const line = `${JSON.stringify({ url: server.url, env: server.env(bucket) })}\n`;
Deno.stdout.writeSync(new TextEncoder().encode(line));
