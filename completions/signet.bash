# Completion of signet for bash: the program itself knows what may follow.
_signet() {
    local word=${COMP_WORDS[COMP_CWORD]} line reply=${COMP_LINE:0:COMP_POINT} words
    # Cut at spaces alone: bash also cuts at ':' and '=', which stand inside names and options.
    read -ra words <<<"$reply"
    [[ $reply == *[[:space:]] ]] && words+=("")
    local whole=${words[-1]}
    local cut=${whole%"$word"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :file) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word") ;;
            :directory) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word") ;;
            *) line=${line%%$'\t'*}; COMPREPLY+=("${line#"$cut"}") ;;
        esac
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _signet signet
