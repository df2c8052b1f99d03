/** People who sign what they spool and bless, on a bucket in memory. */
import { createHash } from "node:crypto";
import {
  type Environment,
  jumpBackMaster,
  jumpMaster,
  type RevisionName,
  spool,
  stageMaster,
  type StageRequest,
} from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { isSigned, type Metadata, withoutSignatures } from "../../src/revision/metadata.ts";
import { encodeBase64 } from "../../src/trust/base64.ts";
import { parsePrivateKey, signWith } from "../../src/trust/private_key.ts";
import {
  blessingStatement,
  nextSignatureName,
  revisionStatement,
  signaturesIn,
} from "../../src/trust/statement.ts";
import { parseAllowedSigners } from "../../src/trust/allowed_signers.ts";
import { judge } from "../../src/trust/verdict.ts";
import { aPackage } from "../names.ts";
import { newKey } from "../trust/new_key.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** `ci` spools; `ann` and `bob` bless; `eve` may do nothing. */
export type Person = "ci" | "ann" | "bob" | "eve";

const KEYS = { ci: newKey(), ann: newKey(), bob: newKey(), eve: newKey() } as const;
const ALLOWED = [
  `ci namespaces="ftl-spool:*" ${KEYS.ci.line}`,
  `ann namespaces="ftl-bless:*" ${KEYS.ann.line}`,
  `bob namespaces="ftl-bless:*" ${KEYS.bob.line}`,
].join("\n");

export class SigningFleet extends MemoryFleet {
  readonly #trust = this.write("allowed_signers", ALLOWED);

  constructor() {
    super();
    // Each look at the clock is another second, so that no write waits for the next one.
    this.bucket.now = () => this.now += 1000;
  }

  /** Somebody who signs, and trusts all but `eve`. */
  as(person: Person, env: Environment = {}): Context {
    return this.context("developer", [], {
      ...{ FTL_SIGN_KEY: KEYS[person].secret, FTL_TRUST: this.#trust },
      ...env,
    });
  }

  /** Somebody who signs, and trusts nobody else. */
  alone(person: Person): Context {
    return this.as(person, { FTL_TRUST: undefined });
  }

  /** A machine that has the package `a`, and trusts all but `eve`. */
  machine(name: string, env: Environment = {}): Context {
    return this.context(name, ["a"], { FTL_MACHINE: name, FTL_TRUST: this.#trust, ...env });
  }

  /** A third person who may bless, by this trust alone. */
  third(): Context {
    const trust = this.write("three_signers", `${ALLOWED}\neve ${KEYS.eve.line}`);
    return this.as("eve", { FTL_TRUST: trust });
  }

  /** Other content in the place of a revision, signed by these. */
  async spoolOver(revision: RevisionName, ...people: readonly Person[]): Promise<void> {
    const [key, text, bucket] = [`${revision}.tgz`, "other content", this.bucket.name];
    const sha256 = createHash("sha256").update(text).digest("hex");
    let metadata = withoutSignatures({ ...await this.metadata(key), "ftl-sha256": sha256 });
    const facts = { bucket, key, size: text.length, metadata };
    const { bytes: message, namespace } = revisionStatement(facts);
    for (const person of people) {
      const blob = signWith(parsePrivateKey(KEYS[person].secret), { message, namespace });
      metadata = { ...metadata, [nextSignatureName(metadata)]: encodeBase64(blob) };
    }
    await this.bucket.put(key, text, { metadata });
  }

  /** Spools that many revisions of `a`. */
  async revisions(count: number, by: Context = this.as("ci")): Promise<RevisionName[]> {
    const names: RevisionName[] = [];
    for (let i = 0; i < count; i++) {
      const file = this.archive("a.tgz", { name: "v", content: `${i}` });
      names.push((await spool(by, file)).revision);
    }
    return names;
  }

  async stage(by: Context, revision: RevisionName, request: StageRequest): Promise<void> {
    await stageMaster(by, revision, { request });
  }

  bless = jumpMaster;
  back = (by: Context): ReturnType<typeof jumpBackMaster> => jumpBackMaster(by, "a");

  async metadata(key = "a.rev"): Promise<Metadata> {
    return (await this.bucket.head(key))?.metadata ?? {};
  }

  get text(): Promise<string | undefined> {
    return this.bucket.getSmall("a.rev").then((found) => found?.text);
  }

  /** Who has signed the pointer, or the revision, as it is now. Whose signature is not good is not among them. */
  async signers(revision?: string): Promise<string[]> {
    const statement = await this.#statement(revision);
    const { signers } = parseAllowedSigners(ALLOWED + `\neve ${KEYS.eve.line}`);
    const signatures = signaturesIn(await this.metadata(statement.key));
    const { by } = judge({ statement, signatures, signers, threshold: 16 });
    return by.map(({ principals }) => principals);
  }

  async #statement(revision?: string): Promise<ReturnType<typeof revisionStatement>> {
    const bucket = this.bucket.name;
    if (revision === undefined) {
      const [text = "", metadata] = [await this.text, await this.metadata()];
      return blessingStatement({ bucket, package: aPackage("a"), text, metadata });
    }
    const key = `${revision}.tgz`;
    const info = await this.bucket.head(key);
    return revisionStatement({
      bucket,
      key,
      size: info?.size ?? 0,
      metadata: info?.metadata ?? {},
    });
  }

  /** Somebody who can write to the bucket changes the pointer. */
  async tamper(changed: Record<string, string>, text?: string): Promise<void> {
    const metadata = { ...await this.metadata(), ...changed };
    await this.bucket.put("a.rev", text ?? await this.text ?? "", { metadata });
  }

  /** The revision tells the hash of its tree, and somebody signs that. */
  tellTree(revision: RevisionName, tree: string, person: Person): void {
    const key = `${revision}.tgz`;
    this.bucket.rewrite(key, ({ metadata: found, bytes: { length: size } }) => {
      const metadata = { ...withoutSignatures(found), "ftl-tree": tree };
      const facts = { bucket: this.bucket.name, key, size, metadata };
      const { bytes: message, namespace } = revisionStatement(facts);
      const blob = signWith(parsePrivateKey(KEYS[person].secret), { message, namespace });
      return { metadata: { ...metadata, [nextSignatureName(metadata)]: encodeBase64(blob) } };
    });
  }

  /** Signs the pointer as it is, in the place of its signatures, or beside them. */
  async signOver(person: Person, isAdded = false): Promise<void> {
    const found = await this.metadata();
    const metadata = isAdded ? found : withoutSignatures(found);
    const facts = { bucket: this.bucket.name, package: aPackage("a"), text: await this.text ?? "" };
    const { bytes: message, namespace } = blessingStatement({ ...facts, metadata });
    const blob = signWith(parsePrivateKey(KEYS[person].secret), { message, namespace });
    const name = nextSignatureName(metadata);
    await this.bucket.put("a.rev", facts.text, {
      metadata: { ...metadata, [name]: encodeBase64(blob) },
    });
  }

  async isSigned(): Promise<boolean> {
    return isSigned(await this.metadata());
  }
}

export const idOf = (name: string): string => name.slice("a.".length);
