/** All commands, in the order of the help. */
import type { Command } from "./command.ts";
import { completions } from "./commands/completions.ts";
import { doctor } from "./commands/doctor.ts";
import { fleet } from "./commands/fleet.ts";
import { help } from "./commands/help.ts";
import { history } from "./commands/history.ts";
import { jump } from "./commands/jump.ts";
import { jumpBack } from "./commands/jump_back.ts";
import { list } from "./commands/list.ts";
import { purge } from "./commands/purge.ts";
import { setup } from "./commands/setup.ts";
import { spool } from "./commands/spool.ts";
import { status } from "./commands/status.ts";
import { sync } from "./commands/sync.ts";
import { verify } from "./commands/verify.ts";

export const COMMANDS: readonly Command[] = [
  spool,
  list,
  sync,
  jump,
  jumpBack,
  history,
  purge,
  status,
  fleet,
  verify,
  doctor,
  setup,
  completions,
  help,
];
