/** Makes TLS trust the certificate authorities of the system, which its administrator chooses. */
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** The environment of the process, which the runtime reads. `mod.ts` passes it on. */
interface ProcessVariables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** The certificate files of the distributions: Debian, Red Hat and Amazon Linux, SUSE, Alpine. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Makes TLS trust the system's certificates, or those of the file that `SSL_CERT_FILE` or
 * `AWS_CA_BUNDLE` of `env` names, instead of the ones built into Deno. If the system has none, the
 * built-in ones stay. `DENO_TLS_CA_STORE` of `env` goes before all that. Must be called before the
 * first connection: the runtime keeps the certificates until the process ends. Throws `UsageError`
 * if the named file does not exist.
 *
 * Deno has no function for this. It reads two variables of the process when it first needs the
 * certificates, which happens here. Afterwards the variables are as before, so no package script
 * inherits them.
 */
export function trustSystemCertificates(env: Environment, variables: ProcessVariables): void {
  const store = env["DENO_TLS_CA_STORE"];
  const file = store ? env["SSL_CERT_FILE"] || undefined : certificateFile(env);
  if (!store && !file && !BUNDLES.some(isThere)) return;
  const values = { DENO_TLS_CA_STORE: store || "system", SSL_CERT_FILE: file };
  withVariables(variables, values, () => {
    try {
      Deno.createHttpClient({}).close();
    } catch {
      // The first connection reports a problem with the certificates, and names its purpose too.
    }
  });
}

function certificateFile(env: Environment): string | undefined {
  const variable = ["SSL_CERT_FILE", "AWS_CA_BUNDLE"].find((name) => env[name]);
  const file = variable === undefined ? undefined : env[variable];
  if (file === undefined || isThere(file)) return file;
  throw new UsageError(`${variable} names no file that can be read: ${quote(file)}`, {
    hint: "The file should contain the certificates of the authorities to trust, as PEM",
  });
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function withVariables(
  variables: ProcessVariables,
  values: Readonly<Record<string, string | undefined>>,
  run: () => void,
): void {
  const before = Object.keys(values).map((name) => [name, variables.get(name)] as const);
  setAll(variables, Object.entries(values));
  try {
    run();
  } finally {
    setAll(variables, before);
  }
}

function setAll(
  variables: ProcessVariables,
  values: readonly (readonly [name: string, value: string | undefined])[],
): void {
  for (const [name, value] of values) {
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
}
