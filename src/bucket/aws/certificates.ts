/** Makes TLS trust the certificate authorities of the system, which its administrator chooses. */
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** The environment variables of the process. `mod.ts` passes them on. */
export interface Variables {
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
 * `AWS_CA_BUNDLE` names, instead of the ones built into Deno. If the system has none, the built-in
 * ones stay. Must be called before the first connection. Throws `UsageError` if the named file does
 * not exist.
 *
 * Deno has no function for this. It reads `DENO_TLS_CA_STORE` when it first needs the certificates,
 * which happens here. Afterwards the variables are as before, so no package script inherits them.
 */
export function trustSystemCertificates(variables: Variables): void {
  if (variables.get("DENO_TLS_CA_STORE")) return;
  const variable = ["SSL_CERT_FILE", "AWS_CA_BUNDLE"].find((name) => variables.get(name));
  const file = variable === undefined ? undefined : variables.get(variable);
  if (file !== undefined && !isThere(file)) {
    throw new UsageError(`${variable} names no file that can be read: ${quote(file)}`, {
      hint: "The file should contain the certificates of the authorities to trust, as PEM",
    });
  }
  if (!file && !BUNDLES.some(isThere)) return;
  withVariables(variables, {
    DENO_TLS_CA_STORE: "system",
    ...(file ? { SSL_CERT_FILE: file } : {}),
  }, () => {
    try {
      Deno.createHttpClient({}).close();
    } catch {
      // The first connection reports a problem with the certificates, and names its purpose too.
    }
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
  variables: Variables,
  values: Readonly<Record<string, string>>,
  run: () => void,
): void {
  const before = Object.keys(values).map((name) => [name, variables.get(name)] as const);
  for (const [name, value] of Object.entries(values)) variables.set(name, value);
  try {
    run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) variables.delete(name);
      else variables.set(name, value);
    }
  }
}
