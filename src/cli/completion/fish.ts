/** Completion for fish. The function is long because its script is easiest to read in one piece. */
import { SETUP_KINDS, SETUP_PARTS } from "../../commands/setup/setup.ts";
import { type Command, GLOBAL_OPTIONS } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { fixedWords, PATIENTLY_IN_FISH } from "./words.ts";

export function fishScript(): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = COMMANDS.flatMap((spec) => {
    const here = `-n '__fish_seen_subcommand_from ${spec.name}'`;
    return [
      `complete -c ftl -n __fish_use_subcommand -f -a ${spec.name} -d ${quoted(spec.summary)}`,
      ...spec.options.map(({ name, short, value, help }) =>
        `complete -c ftl ${here} -f -l ${name}${short ? ` -s ${short}` : ""}${
          value ? " -r" : ""
        } -d ${quoted(help)}`
      ),
      ...fishSubject(spec, here),
    ];
  });
  const globals = GLOBAL_OPTIONS.map(({ name, short, help }) =>
    `complete -c ftl -f -l ${name}${short ? ` -s ${short}` : ""} -d ${quoted(help)}`
  );
  return `# fish completion for ftl: ftl completions fish | source
${PATIENTLY_IN_FISH}
function __ftl_names
  if contains -- --master (commandline -opc)
    __ftl_patiently ftl list --master $argv 2> /dev/null < /dev/null | cut -f 1
  else
    ftl list $argv 2> /dev/null < /dev/null | cut -f 1
  end
end
function __ftl_revisions
  set -l word (commandline -ct)
  if string match -q -- '--keep*' (commandline -opc)
    __ftl_names
  else if string match -q '*.*' -- $word
    __ftl_names (string split -m 1 . -- $word)[1]
  else
    for name in (__ftl_names)
      __ftl_names $name
    end
  end
end
function __ftl_setup
  set -l given (commandline -opc)
  switch "$given[3] "(count $given)
    case 'systemd 3'
      printf '%s\\n' ${SETUP_PARTS.systemd.join(" ")}
    case 'iam 3'
      printf '%s\\n' ${SETUP_PARTS.iam.join(" ")}
    case 'iam *' 'cloud-init *'
      __ftl_names
    case ' 2'
      printf '%s\\n' ${SETUP_KINDS.join(" ")}
  end
end
${[...globals, ...lines].join("\n")}`;
}

function fishSubject(spec: Command, here: string): string[] {
  const subject = spec.completes;
  if (subject === "file") return [`complete -c ftl ${here} -F`];
  if (subject === "package") return [`complete -c ftl ${here} -f -a '(__ftl_names)'`];
  if (subject === "revision") return [`complete -c ftl ${here} -f -a '(__ftl_revisions)'`];
  if (subject === "setup") return [`complete -c ftl ${here} -f -a '(__ftl_setup)'`];
  const words = fixedWords(spec);
  return words.length === 0 ? [] : [`complete -c ftl ${here} -f -a '${words.join(" ")}'`];
}
