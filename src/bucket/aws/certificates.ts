/** Which certificate authorities TLS trusts: those of the system, which its administrator answers for. */
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** The environment of the process, which `mod.ts` hands in. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** Where distributions keep them: Debian, Red Hat and Amazon Linux, SUSE, Alpine. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Makes TLS trust the system's certificates, or those of the file that `SSL_CERT_FILE` or `AWS_CA_BUNDLE`
 * names, in the place of the ones that Deno has built in; these remain where the system has none. To be
 * called before the first connection. Throws `UsageError` where there is no such file.
 *
 * Deno has no call for this but reads `DENO_TLS_CA_STORE` when it first needs the certificates. It does so
 * here, and the variables are then as before: no package script inherits them.
 */
export function trustSystemCertificates(variables: Variables): void {
  if (variables.get("DENO_TLS_CA_STORE")) return;
  const variable = ["SSL_CERT_FILE", "AWS_CA_BUNDLE"].find((name) => variables.get(name));
  const file = variable === undefined ? undefined : variables.get(variable);
  if (file !== undefined && !isThere(file)) {
    throw new UsageError(`${variable} names no file that can be read: ${quote(file)}`, {
      hint: "It should hold the certificates of the authorities to trust, as PEM",
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
      // The first connection says what is wrong with them, in a message that names its purpose.
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
