/** Somebody who may write to the bucket, with the AWS CLI and nothing of FTL. */
import { program } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import type { Fleet } from "./fleet.ts";

export const AWS = program("aws");

export type Metadata = Readonly<Record<string, string>>;

/** An object that the attacker has taken a copy of. */
export interface Stolen {
  readonly key: string;
  /** Of a file with its bytes. */
  readonly path: string;
  readonly metadata: Metadata;
}

export class Attacker extends TempFolder {
  readonly #fleet: Fleet;
  #copies = 0;

  constructor(fleet: Fleet) {
    super();
    this.#fleet = fleet;
  }

  /** Runs `aws`. Returns what it prints. */
  async aws(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("aws", {
      args: ["--endpoint-url", this.#fleet.server.url, "--output", "json", ...args],
      env: { ...this.#fleet.env },
      clearEnv: true,
      stdin: "null",
    }).output();
    const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) throw new Error(`aws ${args.join(" ")}: ${err}`);
    return out;
  }

  /** A copy of an object: its bytes and its metadata, signatures and all. */
  async steal(key: string): Promise<Stolen> {
    const path = `${this.path}/stolen-${++this.#copies}`;
    const printed = await this.aws(...this.#api("get-object", key), path);
    const { Metadata: metadata = {} } = JSON.parse(printed) as { Metadata?: Metadata };
    return { key, path, metadata };
  }

  /**
   * Writes an object, in a later second than anything before: machines know pointers by their text and their time in
   * seconds.
   */
  async put({ key, path, metadata }: Stolen): Promise<void> {
    await nextSecond();
    const body = ["--body", path, "--metadata", JSON.stringify(metadata)];
    await this.aws(...this.#api("put-object", key), ...body);
  }

  /** Writes an object of this text. */
  async putText(key: string, text: string | Uint8Array, metadata: Metadata = {}): Promise<void> {
    await this.put({ key, path: this.write(`made-${++this.#copies}`, text), metadata });
  }

  /** Copies within the bucket, with the metadata or with another one. */
  async copy(from: string, to: string, metadata?: Metadata): Promise<void> {
    await nextSecond();
    const replaced = metadata === undefined
      ? []
      : ["--metadata-directive", "REPLACE", "--metadata", JSON.stringify(metadata)];
    const source = ["--copy-source", `${this.#bucket}/${from}`];
    await this.aws(...this.#api("copy-object", to), ...source, ...replaced);
  }

  async remove(key: string): Promise<void> {
    await this.aws(...this.#api("delete-object", key));
  }

  /** Deletes all that there is. */
  async empty(): Promise<void> {
    await this.aws("s3", "rm", "--recursive", "--only-show-errors", `s3://${this.#bucket}/`);
  }

  /** Uploads the files of a folder, each by its name. */
  async upload(folder: string): Promise<void> {
    await this.aws(
      "s3",
      "cp",
      "--recursive",
      "--only-show-errors",
      folder,
      `s3://${this.#bucket}/`,
    );
  }

  get #bucket(): string {
    return this.#fleet.env["FTL_BUCKET"] ?? "";
  }

  #api(operation: string, key: string): string[] {
    return ["s3api", operation, "--bucket", this.#bucket, "--key", key];
  }
}

/** Waits for the clock. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) {
    await new Promise((resolve) => setTimeout(resolve, 1000 - Date.now() % 1000));
  }
}
