/** The supported shells. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

// Each calls `fairlead __complete <words…>`, which prints a line for each choice, value and description separated by a
// tab, or `:files`.
const scripts: Readonly<Record<Shell, string>> = {
  bash: `# fairlead completion for bash: source <(fairlead completion bash)
_fairlead() {
  local IFS=$'\\n' words line choices=()
  COMPREPLY=()
  # Words that bash parted at "=" and ":" belong together.
  local current="\${COMP_LINE:0:COMP_POINT}" all=() word
  IFS=$' \\t\\n' read -r -a all <<< "$current"
  [[ "$current" == *[[:space:]] ]] && all+=("")
  words="$(fairlead __complete -- "\${all[@]:1}" 2>/dev/null)" || return
  word="\${all[\${#all[@]}-1]}"
  if [[ "$words" == ":files" ]]; then
    compopt -o filenames -o default 2>/dev/null
    return
  fi
  IFS=$'\\n'
  for line in $words; do choices+=("\${line%%$'\\t'*}"); done
  [[ \${#choices[@]} -eq 0 ]] && return
  COMPREPLY=($(compgen -W "\${choices[*]}" -- "$word"))
}
complete -F _fairlead fairlead
`,
  zsh: `#compdef fairlead
# fairlead completion for zsh: source <(fairlead completion zsh), or save it as _fairlead in a folder of $fpath
_fairlead() {
  local -a lines choices
  local line
  lines=("\${(@f)$(fairlead __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == ":files" ]]; then
    _files
    return
  fi
  for line in $lines; do
    [[ -z "$line" ]] && continue
    choices+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'fairlead' choices
}
if [[ "$funcstack[1]" == "_fairlead" ]]; then
  _fairlead "$@"
else
  compdef _fairlead fairlead
fi
`,
  fish: `# fairlead completion for fish: fairlead completion fish > ~/.config/fish/completions/fairlead.fish
function __fairlead_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (fairlead __complete -- $words[2..-1] 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path (commandline -ct)
    return
  end
  string join \\n -- $lines
end
complete -c fairlead -f -a '(__fairlead_complete)'
`,
};

/** Returns the completion script of a shell. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}
