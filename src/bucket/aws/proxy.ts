/**
 * The proxy on the way to S3. The runtime finds it by itself in these variables, whatever FTL may read; FTL
 * finds it too, to name it where it fails.
 */
import type { Environment } from "../../config.ts";

export interface Proxy {
  /** Without the user name and the password that it may have. */
  readonly url: string;
  /** The variable that names it. */
  readonly variable: string;
}

/** The first of them that is set, in the runtime's order; small letters after large ones. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "https:": ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"],
  "http:": ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"],
};

/** Undefined where requests to `target` go straight there. */
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
    // An entry like 10.0.0.0/8: whoever excepts addresses knows his proxy.
    if (entry.includes("/")) return /^[0-9.]+$/.test(host);
    return name !== "" && (name === "*" || host === name || host.endsWith(`.${name}`));
  });
}
