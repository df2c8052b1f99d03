/** Sends the requests of one client by `fetch`. */
import { StorageError } from "../../errors.ts";
import { speaksPlainHttp } from "./tls_probe.ts";

/** After so many milliseconds without an answer, FTL probes the port, unless the store is AWS. */
const PROBE_AFTER = 3_000;

export class Sender {
  /** The origins that were probed already. One probe for each is enough. */
  readonly #probed = new Set<string>();

  /**
   * The answer. Throws the errors of `fetch`, and `StorageError` if a port that should speak TLS
   * speaks plain HTTP. Does not follow redirects: they may lead to any host, and would send the
   * token and the package there.
   */
  readonly send = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const answer = fetch(request, { redirect: "manual" });
    const isKnown = url.protocol !== "https:" || /\.amazonaws\.com(\.cn)?$/.test(url.hostname) ||
      this.#probed.has(url.origin);
    if (isKnown) return await answer;
    const { promise: isPlain, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(async () => {
      this.#probed.add(url.origin);
      if (await speaksPlainHttp(url)) reject(plainPort(url));
    }, PROBE_AFTER);
    try {
      return await Promise.race([answer, isPlain]);
    } finally {
      clearTimeout(timer);
      answer.catch(() => {});
    }
  };
}

function plainPort({ origin, host }: URL): StorageError {
  return new StorageError(`${origin} speaks plain HTTP, not TLS`, {
    reason: "not-s3",
    hint: `export AWS_ENDPOINT_URL_S3=http://${host}, or let the store speak TLS`,
  });
}
