/**
 * Completion for the shells, made from the table of commands. Names of packages and revisions come from
 * `ftl list`, which reads the local root alone.
 */
import { COMMANDS, type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from "./commands.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** What the first argument of a command is. */
type Subject = "file" | "package" | "revision" | "command" | "shell" | "target" | "none";

const SUBJECTS: Readonly<Record<string, Subject>> = {
  spool: "file",
  list: "package",
  sync: "package",
  jump: "revision",
  "jump-back": "package",
  purge: "revision",
  status: "package",
  help: "command",
  completions: "shell",
  setup: "target",
};

export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}

function subjectOf({ name }: CommandSpec): Subject {
  return SUBJECTS[name] ?? "none";
}

function optionsOf({ options }: CommandSpec): readonly OptionSpec[] {
  return [...options, ...GLOBAL_OPTIONS];
}

function namesOf(options: readonly OptionSpec[]): string[] {
  return options.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
}

/** Words to choose from that are known beforehand; names of packages and revisions are asked for. */
function fixedWords(spec: CommandSpec): string[] {
  if (subjectOf(spec) === "target") return ["systemd", "cron", "cloud-init", "iam"];
  if (subjectOf(spec) === "shell") return [...SHELLS];
  if (subjectOf(spec) === "command") return COMMANDS.map(({ name }) => name);
  return [];
}

function bashScript(): string {
  const cases = COMMANDS.flatMap((spec) => [
    `    ${spec.name})`,
    `      options="${namesOf(optionsOf(spec)).join(" ")}"`,
    `      subject=${subjectOf(spec)}`,
    `      words="${fixedWords(spec).join(" ")}" ;;`,
  ]);
  return `# bash completion for ftl: source <(ftl completions bash)
_ftl() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} options subject words
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
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ; return ;;
  esac
  case $subject in
    file) compopt -o filenames 2> /dev/null ; COMPREPLY=($(compgen -f -- "$word")) ;;
    package) COMPREPLY=($(compgen -W "$(ftl list 2> /dev/null < /dev/null)" -- "$word")) ;;
    revision)
      case $word in
        *.*) words=$(ftl list "\${word%%.*}" 2> /dev/null < /dev/null | cut -f 1) ;;
        *) words=$(ftl list 2> /dev/null < /dev/null | sed 's/$/./') ; compopt -o nospace 2> /dev/null ;;
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
    `      subject=${subjectOf(spec)}`,
    `      words_known=(${fixedWords(spec).join(" ")}) ;;`,
  ]);
  return `#compdef ftl
# zsh completion for ftl: source <(ftl completions zsh)
_ftl() {
  local -a commands options names words_known
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
  if [[ $words[CURRENT] == -* ]]; then
    _describe 'option' options
    return
  fi
  case $subject in
    file) _files ;;
    package)
      names=(\${(f)"$(ftl list 2> /dev/null < /dev/null)"})
      compadd -a names ;;
    revision)
      if [[ $words[CURRENT] == *.* ]]; then
        names=(\${(f)"$(ftl list \${words[CURRENT]%%.*} 2> /dev/null < /dev/null | cut -f 1)"})
        compadd -a names
      else
        names=(\${(f)"$(ftl list 2> /dev/null < /dev/null)"})
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
function __ftl_revisions
  set -l word (commandline -ct)
  if string match -q '*.*' -- $word
    ftl list (string split -m 1 . -- $word)[1] 2> /dev/null < /dev/null | cut -f 1
  else
    for name in (ftl list 2> /dev/null < /dev/null)
      ftl list $name 2> /dev/null < /dev/null | cut -f 1
    end
  end
end
${[...globals, ...lines].join("\n")}`;
}

function fishSubject(spec: CommandSpec, here: string): string[] {
  const subject = subjectOf(spec);
  if (subject === "file") return [`complete -c ftl ${here} -F`];
  if (subject === "package") {
    return [`complete -c ftl ${here} -f -a '(ftl list 2> /dev/null < /dev/null)'`];
  }
  if (subject === "revision") return [`complete -c ftl ${here} -f -a '(__ftl_revisions)'`];
  const words = fixedWords(spec);
  return words.length === 0 ? [] : [`complete -c ftl ${here} -f -a '${words.join(" ")}'`];
}
