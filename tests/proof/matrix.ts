/**
 * Every kind of request that FTL sends against every fault of the server: what comes of it. The file is long because
 * most kinds of requests have their row here.
 */
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jumpMaster, sync } from "../../mod.ts";
import type { Fault } from "../s3_server/server.ts";
import { clientOf } from "../s3_server/testing/with_server.ts";
import {
  BUCKET_FAULTS,
  clockFor,
  expectedOutcome,
  type FaultCase,
  isSlow,
  type RequestKind,
  REQUESTS,
} from "./outcomes.ts";
import { Inspector, openUploads, PACKAGE } from "./invariants.ts";
import { FastForward } from "./fast_forward.ts";
import { type Figures, Lab } from "./lab.ts";
import { requireRecovery } from "./recovery.ts";
import { arrangeForDelta, isOfDelta, requireWay } from "./delta_requests.ts";
import { FolderSpools } from "./folder_spools.ts";
import { arrangeForFleet, isOfFleet } from "./fleet_requests.ts";
import { countOf, isAt, PLACES } from "./request_places.ts";
import { type Archive, makeSite } from "./site.ts";
import { STALE } from "./writer_kills.ts";

/** What one cell of the table showed. */
export interface Cell {
  readonly request: RequestKind;
  readonly fault: FaultCase;
  readonly code: number;
  /** Requests of this kind. */
  readonly requests: number;
  /** By the command's own clock. */
  readonly seconds: number;
  readonly stderr: string;
}

export interface MatrixOptions {
  readonly requests?: readonly RequestKind[];
  /** Also the cells that take long, as an upload that stalls. */
  readonly slow?: boolean;
  /** Only one cell in so many, which ones by the seed. */
  readonly share?: { readonly seed: number; readonly of: number };
  readonly onCell?: (cell: Cell) => void;
}

/** Throws an Error that names the first cell that is not as it should be. */
export async function faultMatrix(options: MatrixOptions = {}): Promise<Figures> {
  const { requests = REQUESTS, slow = false, share = { seed: 0, of: 1 }, onCell } = options;
  const left = [...requests];
  using time = new FastForward();
  let cells = 0;
  let seen = share.seed;
  let longest = 0;
  const lane = async (): Promise<void> => {
    for (let request = left.shift(); request !== undefined; request = left.shift()) {
      await using lab = await Lab.start([PACKAGE]);
      const bench = new Bench(lab, time);
      for (const fault of BUCKET_FAULTS) {
        if (isSlow(request, fault) && !slow) continue;
        const due = expectedOutcome(request, fault);
        if (due === undefined || seen++ % share.of !== 0) continue;
        const cell = await bench.try(request, fault);
        onCell?.(cell);
        requireAsExpected(cell, due);
        cells++;
        longest = Math.max(longest, cell.seconds);
      }
    }
  };
  await Promise.all([lane(), lane()]);
  return { cells, "seconds the longest took": longest.toFixed() };
}

function requireAsExpected(
  { request, fault, code, requests, seconds, stderr }: Cell,
  due: NonNullable<ReturnType<typeof expectedOutcome>>,
): void {
  const where = `${request} x ${fault.name}`;
  if (!due.codes.includes(code)) {
    throw new Error(`${where}: exit ${code}, not ${due.codes}: ${stderr}`);
  }
  if (requests === 0) throw new Error(`${where}: no request of that kind`);
  if (requests > due.requests) throw new Error(`${where}: ${requests} requests of that kind`);
  if (seconds > due.seconds) throw new Error(`${where}: took ${seconds.toFixed()} s`);
  if (/^ +at /m.test(stderr) || code === 1) {
    throw new Error(`${where}: a stack or a fault: ${stderr}`);
  }
  if (due.says !== undefined && !due.says.test(stderr)) {
    throw new Error(`${where}: does not say ${due.says}: ${stderr}`);
  }
  if (code !== 0 && !/^ftl: /m.test(stderr)) throw new Error(`${where}: says nothing: ${stderr}`);
}

/** One machine and bucket, on which each kind of request can be provoked. */
class Bench {
  readonly #lab: Lab;
  readonly #inspector: Inspector;
  readonly #folders: FolderSpools;
  #turn = 0;
  /** Of the next command. */
  #env: Readonly<Record<string, string>> = {};
  /** Of the rollout that is under way. */
  #candidate: string | undefined;

  constructor(lab: Lab, readonly time: FastForward) {
    this.#lab = lab;
    this.#inspector = new Inspector(lab);
    this.#folders = new FolderSpools(lab);
  }

  async try(request: RequestKind, fault: FaultCase): Promise<Cell> {
    const { server } = this.#lab.fleet;
    const args = await this.#arrange(request);
    await this.#inspector.look();
    const openBefore = await openUploads(this.#lab);
    server.clearLog();
    server.addFault({
      ...PLACES[request],
      ...countOf(request, fault),
      fault: fault.fault as Fault,
    });
    if (request === "abort of an upload") {
      server.addFault({ operation: "UploadPart", nth: 2, fault: { kind: "access-denied" } });
    }
    if (request === "removal after a failed spool") {
      server.addFault({ ...PLACES["spool in one"], fault: { kind: "access-denied" } });
    }
    const started = performance.now();
    const clock = clockFor(request, fault);
    const env = request === "writing of a report" ? { FTL_REPORT: "3600" } : this.#env;
    const { code, stderr } = await this.#lab.run(args, { clock, env });
    const seconds = (performance.now() - started) / 1000 * clock;
    const requests = server.log.filter((record) => isAt(PLACES[request], record)).length;
    server.clearFaults();
    requireWay(this.#lab, request, fault);
    await this.#folders.know();
    // Whoever failed between the history and the pointer leaves its turn to the next one after half a minute.
    if (code !== 0 && args[1] === "--master") this.time.by(STALE);
    if (this.#candidate !== undefined) await jumpMaster(this.#lab.context(), this.#candidate);
    this.#candidate = undefined;
    await this.#inspector.look();
    await requireRecovery(this.#lab);
    await this.#inspector.look();
    // By so fast a clock the 5 s in which an upload is taken back are too few.
    if (!isSlow(request, fault)) {
      await this.#requireNothingOpen(request, { code, openBefore });
    }
    return { request, fault, code, requests, seconds, stderr };
  }

  /**
   * Brings it about that the command that is the answer sends such a request. The function is long because each kind of
   * request has its row here.
   */
  async #arrange(request: RequestKind): Promise<string[]> {
    const lab = this.#lab;
    const context = lab.context();
    const site = (): ReturnType<typeof makeSite> => makeSite(PACKAGE, ++this.#turn, { files: 30 });
    const large = (): string =>
      lab.file(makeSite("large", ++this.#turn, { files: 1, ballast: 17 << 20, scripts: false }));
    for (const { key } of await lab.bucket.list("large.")) await lab.bucket.remove(key);
    const { revision } = await lab.spool(site());
    if (isOfFleet(request)) {
      const { args, candidate } = await arrangeForFleet(lab, request, {
        revision,
        spoolNext: async () => (await lab.spool(site())).revision,
      });
      this.#candidate = candidate;
      return args;
    }
    this.#env = {};
    if (isOfDelta(request)) {
      const [turn, folders] = [this.#turn, this.#folders];
      const { args, env = {} } = await arrangeForDelta(lab, request, { turn, folders });
      this.#env = env;
      return args;
    }
    switch (request) {
      case "listing by a sync":
      case "reading of .rev":
      case "reading of a revision":
        await jumpMaster(context, revision);
        return ["sync"];
      case "poll of .rev": {
        const other = await lab.spool(site());
        await jumpMaster(context, revision);
        await sync(context, { listEvery: 600 });
        if (!lab.machine.names(`${PACKAGE}/.ftl`).includes("listing.json")) {
          throw new Error("the machine does not poll");
        }
        await jumpMaster(context, other.revision);
        return ["sync", "--list-every", "600"];
      }
      case "checksum of a revision":
        await jumpMaster(context, await this.#putByAnotherTool(site()));
        return ["sync"];
      case "details of a revision":
        for (const { key } of await lab.bucket.list("detailed.")) await lab.bucket.remove(key);
        await lab.spool(makeSite("detailed", ++this.#turn, { files: 1, scripts: false }));
        return ["list", "--master", "--long", "detailed"];
      case "spool in one":
      case "listing by a spool":
      case "listing of uploads":
        return ["spool", lab.file(site())];
      case "begin of an upload":
      case "part of an upload":
      case "end of an upload":
      case "abort of an upload":
        await jumpMaster(context, revision);
        return ["spool", large()];
      case "writing of .rev":
      case "writing of the history":
      case "details at a blessing":
        return ["jump", "--master", revision];
      case "removal":
      case "listing by a purge":
        await jumpMaster(context, (await lab.spool(site())).revision);
        await sync(context);
        return ["purge", "--master", revision];
    }
  }

  /** A revision of which FTL knows nothing but what S3 does: its sum is asked for. */
  async #putByAnotherTool(archive: Archive): Promise<string> {
    this.#lab.file(archive);
    const revision = `${PACKAGE}.20130305${String(this.#turn).padStart(6, "0")}`;
    const s3 = clientOf(this.#lab.fleet.server);
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: this.#lab.bucket.name,
          Key: `${revision}.tgz`,
          Body: archive.bytes,
          ChecksumAlgorithm: "SHA256",
        }),
      );
    } finally {
      s3.destroy();
    }
    return revision;
  }

  /** A command that failed or succeeded has aborted its uploads, if it could. */
  async #requireNothingOpen(
    request: RequestKind,
    { code, openBefore }: { code: number; openBefore: readonly string[] },
  ): Promise<void> {
    const open = (await openUploads(this.#lab)).filter((key) => !openBefore.includes(key));
    // If the answer to the begin of an upload was lost, nobody knows the upload's id, and nobody can abort it.
    if (/^(begin|abort)/.test(request)) return;
    if (open.length > 0) throw new Error(`exit ${code}, and left open: ${open}`);
  }
}
