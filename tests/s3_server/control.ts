/**
 * Faults and log over HTTP, for tests in another process. Off unless the server is started with
 * it, and without signature: the server listens on loopback only then.
 *
 *     GET, POST, DELETE  /_ftl/faults   list, add one rule, clear
 *     GET, DELETE        /_ftl/log      the requests, clear
 *
 * A rule is JSON as FaultRule, with `keyPattern` in place of a `key` that is a regular expression.
 * No bucket can have this name.
 */
import type { FaultRule, FaultRules } from "./faults.ts";
import type { Exchange } from "./http/connection.ts";
import type { RequestHead } from "./http/request_head.ts";
import type { S3Response } from "./http/response.ts";
import type { RequestLog } from "./request_log.ts";

const MAX_BODY_BYTES = 64 * 1024;

export function isControl(head: RequestHead): boolean {
  return head.target.startsWith("/_ftl/");
}

export async function control(
  { head, body, record }: Exchange,
  { faults, log }: { faults: FaultRules; log: RequestLog },
): Promise<S3Response> {
  record.operation = "Control";
  switch (`${head.method} ${head.target}`) {
    case "GET /_ftl/faults":
      return json(
        200,
        faults.list().map(({ rule, matches }) => ({
          ...rule,
          ...(rule.key instanceof RegExp ? { key: String(rule.key) } : {}),
          matches,
        })),
      );
    case "POST /_ftl/faults":
      try {
        faults.add(parseRule(await readText(body)));
      } catch (error) {
        return json(400, { error: error instanceof Error ? error.message : String(error) });
      }
      return json(200, {});
    case "DELETE /_ftl/faults":
      faults.clear();
      return json(200, {});
    case "GET /_ftl/log":
      return json(200, log.records);
    case "DELETE /_ftl/log":
      log.clear();
      return json(200, {});
    default:
      return json(404, { error: "no such control call" });
  }
}

function json(status: number, value: unknown): S3Response {
  return {
    status,
    headers: new Map([["Content-Type", "application/json"]]),
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

async function readText(body: Exchange["body"]): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for (let block = await body.read(); block !== null; block = await body.read()) {
    text += decoder.decode(block, { stream: true });
    if (text.length > MAX_BODY_BYTES) throw new Error("rule too long");
  }
  return text + decoder.decode();
}

/** What numbers each kind of fault needs. */
const FAULT_NUMBERS: Record<FaultRule["fault"]["kind"], string | undefined> = {
  "delay": "milliseconds",
  "internal-error": undefined,
  "slow-down": undefined,
  "access-denied": undefined,
  "no-conditional-writes": undefined,
  "reset": undefined,
  "reset-after": "bytes",
  "cut-short": "bytes",
  "stall": "bytes",
  "flip-bit": "byte",
  "stale-list": "writes",
};

/** Throws an Error that says what is wrong with the rule. */
function parseRule(text: string): FaultRule {
  const { keyPattern, ...rule } = JSON.parse(text) as FaultRule & { keyPattern?: string };
  const kind = rule.fault?.kind;
  if (!Object.hasOwn(FAULT_NUMBERS, kind)) throw new Error(`unknown fault ${kind}`);
  const needed = FAULT_NUMBERS[kind];
  if (needed !== undefined && !Number.isInteger((rule.fault as Record<string, unknown>)[needed])) {
    throw new Error(`${kind} needs a whole number of ${needed}`);
  }
  return keyPattern === undefined ? rule : { ...rule, key: new RegExp(keyPattern) };
}
