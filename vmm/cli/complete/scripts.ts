/** What the shells load: they ask `mvm __complete` at each key, so that these never grow old. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** As it may have been called: `./mvm` completes as well as `mvm`. */
export const scripts: Record<(typeof SHELLS)[number], string> = {
  bash: `# bash completion for mvm
#   source <(mvm completion bash)        in ~/.bashrc, or once:
#   mvm completion bash > /etc/bash_completion.d/mvm

_mvm() {
  local found cur=\${COMP_WORDS[COMP_CWORD]}
  case $cur in = | : | @) cur= ;; esac
  COMPREPLY=()
  while IFS= read -r found; do
    case $found in
      :files | :folders)
        local kind=-f path
        [ "$found" = :folders ] && kind=-d
        type compopt >/dev/null 2>&1 && compopt -o filenames
        while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$kind" -- "$cur")
        ;;
      *)
        case $found in *= | *:) type compopt >/dev/null 2>&1 && compopt -o nospace ;; esac
        COMPREPLY+=("$found")
        ;;
    esac
  done < <("$1" __complete line "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
}

complete -F _mvm mvm
`,
  zsh: `#compdef mvm
# zsh completion for mvm
#   mvm completion zsh > "\${fpath[1]}/_mvm"      or in ~/.zshrc, after compinit:
#   source <(mvm completion zsh)

_mvm() {
  local line value files
  local -a plain plain_notes open open_notes
  while IFS= read -r line; do
    case $line in
      :files | :folders) files=$line; continue ;;
    esac
    value=\${line%%$'\\t'*}
    [[ $line == *$'\\t'* ]] && line="$value  -- \${line#*$'\\t'}"
    case $value in
      *=|*:) open+=("$value"); open_notes+=("$line") ;;
      *) plain+=("$value"); plain_notes+=("$line") ;;
    esac
  done < <("\${(Q)words[1]}" __complete words "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( $#plain )) && compadd -l -d plain_notes -a plain
  (( $#open )) && compadd -S '' -l -d open_notes -a open
  case $files in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}

if [ "$funcstack[1]" = _mvm ]; then _mvm "$@"; else compdef _mvm mvm; fi
`,
  fish: `# fish completion for mvm
#   mvm completion fish > ~/.config/fish/completions/mvm.fish

function __mvm_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in ($before[1] __complete words $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                printf '%s\\n' $line
        end
    end
end

complete -c mvm -f -a '(__mvm_complete)'
`,
};
