/**
 * Stands before the server like a slow line, as a process of its own: every connection through it shares the rate
 * of the line, each direction its own, and waits for the way. Prints its URL.
 *
 * It needs no rights and no module of the kernel, unlike tc(8) with netem. What it leaves out: headers of packets,
 * losses, and the slow start of TCP. So a real line is slower than this one, for FTL as for others.
 *
 *     deno run --allow-net line_proxy.ts HOST:PORT BITS ROUND_TRIP_MS
 */
import { Line } from "./line.ts";

const [target = "", bits = "", roundTrip = ""] = Deno.args;
const [hostname = "", port = ""] = target.split(":");
const options = { bits: Number(bits), roundTrip: Number(roundTrip) };

/** One direction of the line each. */
const [down, up] = [new Line(options), new Line(options)];

/** Milliseconds of data that may wait before the line. More would let one connection keep the others out. */
const BACKLOG = 20;

/** Bytes that are on their way at most: as much as the usual window of TCP takes, several times what the line holds. */
const WINDOW = 4_000_000;

/** Bytes taken at once, so that connections take turns. */
const PIECE = 16_384;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function carry(from: Deno.Conn, to: Deno.Conn, line: Line): Promise<void> {
  let [inFlight, delivered] = [0, Promise.resolve()];
  const buffer = new Uint8Array(PIECE);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) break;
    const piece = buffer.slice(0, length);
    const arrival = line.send(length, performance.now());
    inFlight += length;
    delivered = delivered.then(async () => {
      const wait = arrival - performance.now();
      if (wait > 0) await sleep(wait);
      for (let done = 0; done < length;) done += await to.write(piece.subarray(done));
      inFlight -= length;
    });
    delivered.catch(() => {});
    // A reader that does not keep up stops the sender.
    if (inFlight > WINDOW) await delivered;
    const backlog = line.backlog(performance.now());
    if (backlog > BACKLOG) await sleep(backlog - BACKLOG);
  }
  await delivered;
  await to.closeWrite();
}

async function serve(client: Deno.Conn): Promise<void> {
  // The handshake of TCP.
  await sleep(options.roundTrip);
  const server = await Deno.connect({ hostname, port: Number(port) });
  await Promise.allSettled([carry(client, server, up), carry(server, client, down)]);
  client.close();
  server.close();
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const line = `http://127.0.0.1:${listener.addr.port}\n`;
Deno.stdout.writeSync(new TextEncoder().encode(line));
for await (const client of listener) void serve(client).catch(() => {});
