/** Completion for bash. The function is long because its script is easiest to read in one piece. */
import { SETUP_PARTS } from "../../commands/setup/setup.ts";
import { GLOBAL_OPTIONS } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { fixedWords, namesOf, optionsOf, PATIENTLY, valuedNames } from "./words.ts";

export function bashScript(): string {
  const cases = COMMANDS.flatMap((spec) => [
    `    ${spec.name})`,
    `      options="${namesOf(optionsOf(spec)).join(" ")}"`,
    `      valued=" ${valuedNames(spec.options).join(" ")} "`,
    `      subject=${spec.completes}`,
    `      words="${fixedWords(spec).join(" ")}" ;;`,
  ]);
  return `# bash completion for ftl: source <(ftl completions bash)
${PATIENTLY}
_ftl_names() {
  case " \${COMP_WORDS[*]} " in
    *" --master "*) _ftl_patiently ftl list --master "$@" ;;
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
