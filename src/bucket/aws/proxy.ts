/**
 * Finds the proxy on the way to S3. The runtime reads these variables itself and uses the proxy,
 * even if FTL may not read them. FTL finds the proxy only to name it when it fails.
 */
import type { Environment } from "../../config.ts";

export interface Proxy {
  /** The URL without user name and password. */
  readonly url: string;
  /** The variable that names it. */
  readonly variable: string;
}

/**
 * The first variable that is set counts. The order is the runtime's: upper case before lower case.
 */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "https:": ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"],
  "http:": ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"],
};

/** The proxy for requests to `target`. Undefined if they go there directly. */
export function proxyFor(target: URL, env: Environment): Proxy | undefined {
  const variable = VARIABLES[target.protocol]?.find((name) => env[name]);
  if (variable === undefined || isExcepted(target.hostname, env)) return undefined;
  const value = env[variable] ?? "";
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  return url === null ? undefined : { url: `${url.protocol}//${url.host}`, variable };
}

function isExcepted(host: string, env: Environment): boolean {
  const entries = (env["NO_PROXY"] || env["no_proxy"] || "").split(",").map((entry) =>
    entry.trim()
  );
  return entries.some((entry) => {
    const name = entry.replace(/^\*?\./, "");
    // An entry like 10.0.0.0/8 counts for every address, since its owner knows which addresses need
    // a proxy.
    if (entry.includes("/")) return /^[0-9.]+$/.test(host);
    return name !== "" && (name === "*" || host === name || host.endsWith(`.${name}`));
  });
}
