import { assert, assertEquals } from "../../assert.ts";
import { Line, type LineOptions, ownTime } from "../../../scripts/bench/line.ts";

/** A byte takes a microsecond. */
const LINE: LineOptions = { bits: 8e6, roundTrip: 50 };

Deno.test("a line sends one byte after the other, whoever they belong to", () => {
  const line = new Line(LINE);
  assertEquals(line.send(10_000, 0), 35);
  assertEquals(line.send(10_000, 0), 45);
  assertEquals(line.backlog(5), 15);
});

Deno.test("a line that was idle does not catch up", () => {
  const line = new Line(LINE);
  line.send(1_000, 0);
  assertEquals(line.backlog(100), 0);
  assertEquals(line.send(1_000, 100), 126);
});

Deno.test("an answer takes a round trip and its bytes", () => {
  assertEquals(ownTime(12_500_000, { bits: 100e6, roundTrip: 50 }), 1050);
});

Deno.test("the line before a server is not faster than it says, and loses nothing", async () => {
  const body = crypto.getRandomValues(new Uint8Array(60_000));
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  await using server = Deno.serve(options, () => new Response(body));
  const script = new URL("../../../scripts/bench/line_proxy.ts", import.meta.url).pathname;
  const { bits, roundTrip } = LINE;
  await using proxy = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", script, `127.0.0.1:${server.addr.port}`, `${bits}`, `${roundTrip}`],
    stdout: "piped",
  }).spawn();
  const { value = "" } = await proxy.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const started = performance.now();
  const received = await (await fetch(value.trim())).bytes();
  const took = performance.now() - started;
  assertEquals(received, body);
  // The handshake takes a round trip too. Timers may be early by a millisecond.
  assert(took >= roundTrip + ownTime(body.length, LINE) - 5, `${took} ms`);
});
