/** The requests that read, by the SDK's clients. */
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "./sdk.ts";
import { codeOf, statusOf } from "../aws/sdk_error.ts";
import { bodyOf, type ObjectFacts, type OpenAnswer, type WholeObject } from "./answers.ts";
import { clientAskingOnce, type ClientSettings } from "./client.ts";
import { handlerGiving } from "./handlers.ts";
import { again, type FirstTry } from "./light/first_try.ts";
import type { ListPage } from "./listing.ts";
import type { ObjectRequest, OpenRequest, PageRequest, ReadSignal } from "./reader.ts";

/** What came of the first try, if the request was sent already. */
interface AfterFirst {
  readonly first: FirstTry | undefined;
}

export class SdkReads {
  readonly #bucket: string;
  readonly #client: S3Client;
  readonly #settings: ClientSettings;
  #askingOnce: S3Client | undefined;

  constructor({ bucket, client, settings }: {
    bucket: string;
    client: S3Client;
    settings: ClientSettings;
  }) {
    this.#bucket = bucket;
    this.#client = client;
    this.#settings = settings;
  }

  get #readClient(): S3Client {
    return this.#askingOnce ??= clientAskingOnce(this.#client, this.#settings);
  }

  async list(
    { prefix, token, after, delimiter }: PageRequest,
    { signal, first }: ReadSignal & AfterFirst,
  ): Promise<ListPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      ...(prefix === "" ? {} : { Prefix: prefix }),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(token !== undefined ? { ContinuationToken: token } : after ? { StartAfter: after } : {}),
    });
    return await this.#client.send(afterFirst(first, command), optionsOf(signal));
  }

  /** Undefined if there is no such object. */
  async head(
    key: string,
    { checksum, signal, first }: ObjectRequest & AfterFirst,
  ): Promise<ObjectFacts | undefined> {
    const command = new HeadObjectCommand({ ...this.#target(key), ...modeOf(checksum) });
    try {
      return await this.#client.send(afterFirst(first, command), optionsOf(signal));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Undefined if there is no such object. */
  async get(
    key: string,
    { checksum, signal, first }: ObjectRequest & AfterFirst,
  ): Promise<WholeObject | undefined> {
    // One flipped bit may turn a pointer into another revision's name, so the client compares the
    // checksum.
    const command = new GetObjectCommand({ ...this.#target(key), ...modeOf(checksum) });
    let answer: GetObjectCommandOutput;
    try {
      answer = await this.#client.send(afterFirst(first, command), optionsOf(signal));
    } catch (error) {
      if (codeOf(error) === "NoSuchKey") return undefined;
      throw error;
    }
    return { ...answer, bytes: new Uint8Array(await new Response(bodyOf(answer)).arrayBuffer()) };
  }

  /** An object whose body is still to be read, without a retry. */
  async open(
    key: string,
    { etag, range, signal, first }: OpenRequest & AfterFirst,
  ): Promise<OpenAnswer> {
    const command = new GetObjectCommand({
      ...this.#target(key),
      ...(etag === undefined ? {} : { IfMatch: etag }),
      ...(range === undefined ? {} : { Range: range }),
    });
    const answer = await this.#readClient.send(afterFirst(first, command), optionsOf(signal));
    return { ...answer, body: bodyOf(answer) };
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }
}

function modeOf(isAsked: boolean): { ChecksumMode?: "ENABLED" } {
  return isAsked ? { ChecksumMode: "ENABLED" } : {};
}

function optionsOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

type ReadCommand = GetObjectCommand | HeadObjectCommand | ListObjectsV2Command;

/** `command`, whose first try is not sent: what came of it is known. */
function afterFirst<Command extends ReadCommand>(
  first: FirstTry | undefined,
  command: Command,
): Command {
  if (first === undefined) return command;
  const handler = handlerGiving(() => again(first));
  let isUsed = false;
  // All commands have the same kind of stack. A union of them cannot be called.
  const stack = command.middlewareStack as GetObjectCommand["middlewareStack"];
  stack.add(
    (next) => async (args) => {
      if (isUsed) return await next(args);
      isUsed = true;
      const { response } = await handler.handle(args.request as never);
      return { response } as never;
    },
    // Instead of the SDK's own sending, which comes last.
    { step: "deserialize", priority: "low", name: "ftlFirstTry" },
  );
  return command;
}
