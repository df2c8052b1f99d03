/** Whatever scripts do at random: under one blessing a sync activates a revision at most once after it failed. */
import fc from "fast-check";
import { jump, jumpBackMaster } from "../../mod.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { assertEquals } from "../assert.ts";
import { HealthFleet } from "./health_fleet.ts";

type Command = "deploy" | "sync" | "follow" | "again" | "jump" | "jump-back --master";

/** What is done, and whether the health of each revision fails meanwhile. */
interface Turn {
  readonly command: Command;
  readonly bad: boolean;
}

const TURN: fc.Arbitrary<Turn> = fc.record({
  command: fc.constantFrom<Command[]>(
    ...["deploy", "sync", "sync", "follow", "again", "jump", "jump-back --master"] as const,
  ),
  bad: fc.boolean(),
});

class Trace {
  readonly #fleet = new HealthFleet();
  #spooled: string[] = [];
  #blessed = "";

  async run(turns: readonly Turn[]): Promise<void> {
    using _fleet = this.#fleet;
    await this.#deploy();
    await this.#sync();
    for (const { command, bad } of turns) {
      this.#fleet.bad(...(bad ? this.#spooled : []));
      await this.#do(command);
      await this.#sync();
    }
  }

  async #do(command: Command): Promise<void> {
    const fleet = this.#fleet;
    const person = fleet.context();
    if (command === "deploy") await this.#deploy();
    if (command === "follow") await fleet.sync({ follow: true });
    if (command === "again") await fleet.bless(this.#blessed, { again: true });
    if (command === "jump") await jump(fleet.web, this.#blessed).catch(() => {});
    if (command === "jump-back --master" && this.#spooled.length > 1) {
      this.#blessed = (await jumpBackMaster(person, "a")).revision;
    }
  }

  async #deploy(): Promise<void> {
    this.#blessed = await this.#fleet.next();
    this.#spooled.push(this.#blessed);
    await this.#fleet.bless(this.#blessed);
  }

  /** A sync, and another one. What is in quarantine after the first one has no turn in the second one. */
  async #sync(): Promise<void> {
    const fleet = this.#fleet;
    const first = await fleet.sync();
    fleet.told();
    const blessing = readPointerState(fleet.pkg)?.blessing;
    const inForce = fleet.quarantines.filter((one) => one.blessing === blessing);
    const second = await fleet.sync();
    const told = fleet.told();
    for (const { id } of inForce) {
      assertEquals(told.filter((line) => line.includes(`a.${id}`)), [], "no script of it runs");
      assertEquals(second.active === `a.${id}`, false);
    }
    if (first.rolledBack !== undefined) {
      assertEquals([second.rolledBack, second.activated], [undefined, undefined]);
      assertEquals(second.failures.length, 1, "each sync tells the quarantine");
    }
  }
}

Deno.test("after a quarantine no sync activates the same revision under the same blessing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(TURN, { minLength: 2, maxLength: 5 }),
      (turns) => new Trace().run(turns),
    ),
    { numRuns: 12, endOnFailure: true },
  );
});
