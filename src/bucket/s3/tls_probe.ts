/**
 * Finds out whether a port that should speak TLS speaks plain HTTP. Without this check, such a
 * server waits for the end of a line, which TLS does not send, and the client waits for an answer.
 */

/** Milliseconds for each of the two attempts. */
const TIMEOUT = 3_000;

/** True only if TLS gets no answer and plain HTTP gets one. */
export async function speaksPlainHttp({ hostname, port }: URL): Promise<boolean> {
  const address = { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
  return !await answersTls(address) && await answersHttp(address);
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Whether the port answers TLS. An untrusted certificate is an answer, too. */
async function answersTls(address: Address): Promise<boolean> {
  return await within(async (connections) => {
    const connection = await Deno.connectTls(address);
    connections.push(connection);
    await connection.handshake().catch(() => {});
    return true;
  });
}

async function answersHttp(address: Address): Promise<boolean> {
  return await within(async (connections) => {
    const connection = await Deno.connect(address);
    connections.push(connection);
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: ftl\r\n\r\n"));
    const answer = new Uint8Array(5);
    await connection.read(answer);
    return new TextDecoder().decode(answer) === "HTTP/";
  });
}

/** Runs `work` for a limited time. False if it takes longer, or fails. */
async function within(work: (connections: Deno.Conn[]) => Promise<boolean>): Promise<boolean> {
  const connections: Deno.Conn[] = [];
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), TIMEOUT);
  try {
    return await Promise.race([work(connections).catch(() => false), late]);
  } finally {
    clearTimeout(timer);
    for (const connection of connections) {
      try {
        connection.close();
      } catch {
        // The connection is closed already.
      }
    }
  }
}
