/** Completion for zsh. The function is long because its script is easiest to read in one piece. */
import { SETUP_PARTS } from "../../commands/setup/setup.ts";
import { COMMANDS } from "../commands.ts";
import { fixedWords, optionsOf, PATIENTLY, valuedNames } from "./words.ts";

export function zshScript(): string {
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
${PATIENTLY}
_ftl_names() {
  if (( \${words[(Ie)--master]} )); then
    _ftl_patiently ftl list --master "$@"
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
# The first line tells zsh to load a file of this from its path when it is needed, and then to go on here.
if [[ $funcstack[1] == _ftl ]]; then
  _ftl "$@"
else
  compdef _ftl ftl
fi`;
}
