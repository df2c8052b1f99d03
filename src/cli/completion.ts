/**
 * Completion for the shells, made from the table of commands. Names of packages and revisions come from
 * `ftl list`, which reads the local root alone; where the line has `--master`, from S3, for which a shell waits
 * no longer than `PATIENCE`.
 */
import { SETUP_KINDS, SETUP_PARTS } from "../commands/setup/setup.ts";
import { type Command, GLOBAL_OPTIONS, type OptionSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** Seconds. */
const PATIENCE = 3;

export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}

function optionsOf({ options }: Command): readonly OptionSpec[] {
  return [...options, ...GLOBAL_OPTIONS];
}

function namesOf(options: readonly OptionSpec[]): string[] {
  return options.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
}

/** Options that take a value of the user's own: nothing can be offered after them. */
function valuedNames(options: readonly OptionSpec[]): string[] {
  return namesOf(options.filter(({ value }) => value !== undefined));
}

/** Words to choose from that are known beforehand; names of packages and revisions are asked for. */
function fixedWords(spec: Command): string[] {
  if (spec.completes === "setup") return [...SETUP_KINDS];
  if (spec.completes === "shell") return [...SHELLS];
  if (spec.completes === "command") return COMMANDS.map(({ name }) => name);
  return [];
}

function bashScript(): string {
  const cases = COMMANDS.flatMap((spec) => [
    `    ${spec.name})`,
    `      options="${namesOf(optionsOf(spec)).join(" ")}"`,
    `      valued=" ${valuedNames(spec.options).join(" ")} "`,
    `      subject=${spec.completes}`,
    `      words="${fixedWords(spec).join(" ")}" ;;`,
  ]);
  return `# bash completion for ftl: source <(ftl completions bash)
_ftl_names() {
  case " \${COMP_WORDS[*]} " in
    *" --master "*) timeout ${PATIENCE} ftl list --master "$@" ;;
    *) ftl list "$@" ;;
  esac 2> /dev/null < /dev/null | cut -f 1
}
_ftl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local options valued subject words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${COMMANDS.map(({ name }) => name).join(" ")} ${
    namesOf(GLOBAL_OPTIONS).join(" ")
  }" -- "$word"))
    return
  fi
  case $command in
${cases.join("\n")}
    *) return ;;
  esac
  case $valued in
    *" $before "*) return ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ; return ;;
  esac
  case "$command \${COMP_WORDS[*]:2}" in
    purge\\ *--keep*) subject=package ;;
  esac
  if [ "$command" = setup ] && [ "$COMP_CWORD" -gt 2 ]; then
    case "\${COMP_WORDS[2]} $COMP_CWORD" in
      "systemd 3") words="${SETUP_PARTS.systemd.join(" ")}" ;;
      "iam 3") words="${SETUP_PARTS.iam.join(" ")}" ;;
      iam\\ * | cloud-init\\ *) subject=package ;;
      *) words= ;;
    esac
  fi
  case $subject in
    file) compopt -o filenames 2> /dev/null ; COMPREPLY=($(compgen -f -- "$word")) ;;
    package) COMPREPLY=($(compgen -W "$(_ftl_names)" -- "$word")) ;;
    revision)
      case $word in
        *.*) words=$(_ftl_names "\${word%%.*}") ;;
        *) words=$(_ftl_names | sed 's/$/./') ; compopt -o nospace 2> /dev/null ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -F _ftl ftl`;
}

function zshScript(): string {
  const described = (name: string, help: string): string =>
    `'${name}:${help.replaceAll("'", "'\\''").replaceAll(":", "\\:")}'`;
  const cases = COMMANDS.flatMap((spec) => [
    `    ${spec.name})`,
    `      options=(${
      optionsOf(spec).map(({ name, help }) => described(`--${name}`, help)).join(" ")
    })`,
    `      valued=(${valuedNames(spec.options).join(" ")})`,
    `      subject=${spec.completes}`,
    `      words_known=(${fixedWords(spec).join(" ")}) ;;`,
  ]);
  return `#compdef ftl
# zsh completion for ftl: source <(ftl completions zsh)
_ftl_names() {
  if (( \${words[(Ie)--master]} )); then
    timeout ${PATIENCE} ftl list --master "$@"
  else
    ftl list "$@"
  fi 2> /dev/null < /dev/null | cut -f 1
}
_ftl() {
  local -a commands options valued names words_known
  local subject
  commands=(${COMMANDS.map(({ name, summary }) => described(name, summary)).join(" ")})
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case $words[2] in
${cases.join("\n")}
    *) return ;;
  esac
  if (( \${valued[(Ie)$words[CURRENT-1]]} )); then
    return
  fi
  if [[ $words[CURRENT] == -* ]]; then
    _describe 'option' options
    return
  fi
  if [[ $words[2] == purge ]] && (( \${words[(I)--keep*]} )); then
    subject=package
  fi
  if [[ $words[2] == setup ]] && (( CURRENT > 3 )); then
    case "$words[3] $CURRENT" in
      'systemd 4') words_known=(${SETUP_PARTS.systemd.join(" ")}) ;;
      'iam 4') words_known=(${SETUP_PARTS.iam.join(" ")}) ;;
      iam\\ *|cloud-init\\ *) subject=package ;;
      *) words_known=() ;;
    esac
  fi
  case $subject in
    file) _files ;;
    package)
      names=(\${(f)"$(_ftl_names)"})
      compadd -a names ;;
    revision)
      if [[ $words[CURRENT] == *.* ]]; then
        names=(\${(f)"$(_ftl_names \${words[CURRENT]%%.*})"})
        compadd -a names
      else
        names=(\${(f)"$(_ftl_names)"})
        compadd -S . -a names
      fi ;;
    *) compadd -a words_known ;;
  esac
}
compdef _ftl ftl`;
}

function fishScript(): string {
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
function __ftl_names
  if contains -- --master (commandline -opc)
    timeout ${PATIENCE} ftl list --master $argv 2> /dev/null < /dev/null | cut -f 1
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
