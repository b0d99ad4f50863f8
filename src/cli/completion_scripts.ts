/** The shells that completion is for. */
export type CompletionShell = "bash" | "zsh" | "fish";

/** The verb, known to no help page, that the scripts ask for candidates: a line each, `CANDIDATE` or `CANDIDATE<TAB>what it is`. */
export const COMPLETE_VERB = "__complete";

/** The script that makes a shell complete the words after `name`. Where there is no candidate the shell offers files. */
export function completionScript(shell: CompletionShell, name: string): string {
  const id = name.replace(/[^A-Za-z0-9]/g, "_");
  switch (shell) {
    case "bash":
      return bash(name, id);
    case "zsh":
      return zsh(name, id);
    case "fish":
      return fish(name, id);
    default:
      return shell satisfies never;
  }
}

/** bash takes words apart at `=`: `--output = json` is asked as `--output json`. It adds no files for flags, or they would drown the rest. */
function bash(name: string, id: string): string {
  return `# bash completion for ${name}: source <(${name} completion bash)
_${id}_complete() {
  local word line
  local -a words=()
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    [[ $word == "=" ]] || words+=("$word")
  done
  [[ \${COMP_WORDS[COMP_CWORD]} == "=" ]] && words+=("")
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" ${COMPLETE_VERB} -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _${id}_complete ${name}
`;
}

function zsh(name: string, id: string): string {
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} completion zsh)
_${id}_complete() {
  local line
  local -a candidates=()
  while IFS= read -r line; do
    if [[ $line == *$'\\t'* ]]; then
      candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      candidates+=("\${line//:/\\\\:}")
    fi
  done < <("\${words[1]}" ${COMPLETE_VERB} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe ${name} candidates
  else
    _files
  fi
}
compdef _${id}_complete ${name}
`;
}

function fish(name: string, id: string): string {
  return `# fish completion for ${name}: ${name} completion fish | source
function __${id}_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates ($words[1] ${COMPLETE_VERB} -- $words[2..-1] 2>/dev/null)
  if test (count $candidates) -gt 0
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c ${name} -f -a '(__${id}_complete)'
`;
}
