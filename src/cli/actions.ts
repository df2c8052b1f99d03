/** What each command does, by its name. It is loaded when it runs: parsing it would slow down the others. */
import type { Action } from "./command.ts";

/** All commands but `help`, which only needs the tables. */
export const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  spool: async () => (await import("./actions/spool.ts")).spool,
  list: async () => (await import("./actions/list.ts")).list,
  sync: async () => (await import("./actions/sync.ts")).sync,
  jump: async () => (await import("./actions/jump.ts")).jump,
  "jump-back": async () => (await import("./actions/jump_back.ts")).jumpBack,
  history: async () => (await import("./actions/history.ts")).history,
  purge: async () => (await import("./actions/purge.ts")).purge,
  status: async () => (await import("./actions/status.ts")).status,
  fleet: async () => (await import("./actions/fleet.ts")).fleet,
  verify: async () => (await import("./actions/verify.ts")).verify,
  doctor: async () => (await import("./actions/doctor.ts")).doctor,
  setup: async () => (await import("./actions/setup.ts")).setup,
  completions: async () => (await import("./actions/completions.ts")).completions,
};
