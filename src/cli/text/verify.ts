/** The results of `ftl verify` as lines and as documents. */
import type {
  Difference,
  Finding,
  JudgedPart,
  TrustedSigners,
  VerifiedObject,
  VerifiedRevision,
} from "../../commands/verify/verify.ts";
import { escapeControls } from "../../foreign_text.ts";
import { failure, type Payload } from "./documents.ts";
import { align, type TableOptions } from "./tables.ts";

/** For programs: the finding, the whole path, and how it differs, with tabs between them. */
export function findingLines(
  results: readonly VerifiedRevision[],
  table: TableOptions,
): string[] {
  const { paint } = table;
  return lines(
    results.flatMap(({ path: folder, findings }) =>
      findings.map(({ finding, path, differences }) => [
        finding === "extra" ? paint.warning(finding) : paint.bad(finding),
        escapeControls(path === "." ? folder : `${folder}/${path}`),
        ...(differences.length === 0 ? [] : [differences.map(differenceWords).join("; ")]),
      ])
    ),
    table,
  );
}

/** `mode 0777, spooled as 0755`, `content` */
function differenceWords({ what, found, spooled }: Difference): string {
  const is = found === undefined ? "" : ` ${escapeControls(found)}`;
  if (what === "link") return `link, spooled as one to ${escapeControls(spooled ?? "")}`;
  return `${what}${is}${spooled === undefined ? "" : `, spooled as ${escapeControls(spooled)}`}`;
}

export function objectLines(found: VerifiedObject, table: TableOptions): string[] {
  const { key, size, sha256, checked, signed, shown } = found;
  const unchecked = checked === undefined ? ", compared with nothing" : "";
  const rows = [
    [
      table.paint.good("ok"),
      "object",
      escapeControls(key),
      `${size} bytes, SHA-256 ${sha256}${unchecked}`,
    ],
    ...signed.flatMap((part) => partRows(part, table)),
  ];
  return [...lines(rows, table), ...(shown?.commands ?? [])];
}

function partRows(
  { of, verdict, why, signatures, by, refused }: JudgedPart,
  { paint }: TableOptions,
): string[][] {
  if (verdict === "unchecked") {
    const count = `${signatures} ${signatures === 1 ? "signature" : "signatures"}`;
    return signatures === 0
      ? [["unsigned", of, "it is not signed"]]
      : [["unchecked", of, `${count}, not checked: FTL_TRUST is not set`]];
  }
  const rows = [
    ...by.map(({ principals, fingerprint }) => [
      paint.good("ok"),
      of,
      `signed by ${escapeControls(principals)}`,
      fingerprint,
    ]),
    ...refused.map((one) => [paint.bad("refused"), of, one.why]),
  ];
  const isSaid = verdict === "trusted" || (verdict === "refused" && refused.length > 0);
  return isSaid ? rows : [...rows, [paint.bad(verdict), of, why ?? ""]];
}

/** The key, whose it is, and what it may sign. Then the lines of the file that are skipped. */
export function signerLines({ signers, skipped }: TrustedSigners, table: TableOptions): string[] {
  const { paint } = table;
  const rows = signers.map((signer) => [
    paint.good("signer"),
    escapeControls(signer.principals),
    signer.fingerprint,
    escapeControls(signer.namespaces ?? "*"),
    ...(signer.validAfter === undefined ? [] : [`after ${iso(signer.validAfter)}`]),
    ...(signer.validBefore === undefined ? [] : [`before ${iso(signer.validBefore)}`]),
  ]);
  const left = skipped.map((
    { line, reason },
  ) => [paint.warning("skipped"), `line ${line}`, reason]);
  return lines([...rows, ...left], table);
}

function lines(rows: readonly (readonly string[])[], { isTerminal }: TableOptions): string[] {
  return isTerminal ? align(rows) : rows.map((row) => row.join("\t"));
}

export function verifiedDocument(
  results: readonly VerifiedRevision[],
  { strict }: { readonly strict: boolean },
): Payload {
  return {
    master: false,
    strict,
    revisions: results.map(({ revision, path, findings, signed, failures }) => ({
      revision,
      path,
      findings: findings.map(findingEntry),
      signed: signed === undefined ? null : partEntry(signed),
      failures: failures.map(failure),
    })),
  };
}

function findingEntry({ finding, path, differences }: Finding): Payload {
  return {
    finding,
    path,
    differences: differences.map(({ what, found = null, spooled = null }) => {
      return { what, found, spooled };
    }),
  };
}

export function objectDocument(found: VerifiedObject): Payload {
  const { revision, key, size, sha256, checked = null, blessed, signed, shown, failures } = found;
  return {
    master: true,
    revision,
    key,
    size,
    sha256,
    checked,
    blessed,
    signed: signed.map(partEntry),
    shown: shown === undefined ? null : { folder: shown.folder, commands: shown.commands },
    failures: failures.map(failure),
  };
}

function partEntry({ of, verdict, why, signatures, by, refused }: JudgedPart): Payload {
  return {
    of,
    verdict,
    why: why ?? null,
    signatures,
    by: by.map(({ signature, principals, fingerprint }) => ({
      signature,
      principals,
      fingerprint,
    })),
    refused: refused.map(({ signature, principals = null, fingerprint = null, why }) => {
      return { signature, principals, fingerprint, why };
    }),
  };
}

export function signersDocument({ path, signers, skipped }: TrustedSigners): Payload {
  return {
    trust: path,
    signers: signers.map((signer) => {
      const { principals, fingerprint, type, namespaces = null, line } = signer;
      const { validAfter, validBefore } = signer;
      return {
        ...{ principals, fingerprint, type, namespaces },
        validAfter: validAfter === undefined ? null : iso(validAfter),
        validBefore: validBefore === undefined ? null : iso(validBefore),
        line,
      };
    }),
    skipped: skipped.map(({ line, reason }) => ({ line, reason })),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
