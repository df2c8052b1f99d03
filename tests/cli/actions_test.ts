import { assertEquals } from "../assert.ts";
import { ACTIONS } from "../../src/cli/actions.ts";
import { COMMANDS } from "../../src/cli/commands.ts";

Deno.test("each command that does not show help has an action, and no action is without a command", () => {
  const names = COMMANDS.filter(({ showsHelp }) => !showsHelp).map(({ name }) => name);
  assertEquals(Object.keys(ACTIONS).sort(), names.sort());
});

Deno.test("each action can be loaded", async () => {
  for (const load of Object.values(ACTIONS)) assertEquals(typeof await load(), "function");
});
