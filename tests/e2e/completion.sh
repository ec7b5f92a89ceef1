#!/usr/bin/env bash
# Completion in the shells themselves: each loads its script and is asked what may follow.
. "$(dirname "$0")/lib.sh"

mkdir -p place/inner

step "the program knows what may follow"
expect_exit 0 signet __complete ver
expect_out '^version	'
expect_exit 0 signet __complete version --js
expect_out '^--json	'
expect_exit 0 signet __complete completion ''
expect_out '^zsh$'

step "bash"
need bash
cat >ask.bash <<'ASK'
source <(signet completion bash)
ask() { # LINE: the cursor at its end
    COMP_LINE=$1
    COMP_POINT=${#1}
    # As readline does it: words are cut at ':' and '=' too.
    read -ra COMP_WORDS <<<"$(sed -E 's/([=:])/ \1 /g' <<<"$1")"
    [[ $1 == *[[:space:]] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _signet 2>/dev/null
    echo "$1 -> ${COMPREPLY[*]}"
}
ask "signet vers"
ask "signet completion "
ask "signet --js"
ask "signet --store=pla"
ask "signet --store pla"
ask "signet help versi"
ASK
expect_exit 0 bash ask.bash
expect_out '^signet vers -> version$'
expect_out '^signet completion  -> bash zsh fish$'
expect_out '^signet --js -> --json$'
expect_out '^signet --store=pla -> place$'
expect_out '^signet --store pla -> place$'
expect_out '^signet help versi -> version$'

if command -v fish >/dev/null; then
    step "fish"
    signet completion fish >signet.fish
    fish -c 'source signet.fish; complete -C "signet vers"; complete -C "signet completion "; complete -C "signet --js"; complete -C "signet --store pla"' >out
    expect_out '^version	print the version$'
    expect_out '^fish$'
    expect_out '^--json	'
    expect_out '^place/'
fi

if command -v zsh >/dev/null; then
    step "zsh"
    mkdir functions
    signet completion zsh >functions/_signet
    cat >ask.zsh <<'ASK'
zmodload zsh/zpty
ask() {
    zpty asked zsh -f -i
    zpty -w asked "PS1=; PATH=$PATH; cd $WORK; fpath=($WORK/functions \$fpath); autoload -Uz compinit; compinit -u -d $WORK/dump; setopt no_list_ambiguous; zstyle ':completion:*' list-prompt ''; echo loaded"
    local line
    while zpty -r asked line; do [[ $line == *loaded* && $line != *echo* ]] && break; done
    zpty -w -n asked "$1"$'\t'
    zpty -r asked line "*$2*" && print -r -- "$1 -> $2"
    zpty -d asked
}
ask "signet vers" "signet version"
ask "signet completion z" "completion zsh"
ask "signet --js" "--json"
ASK
    timeout 60 zsh -f ask.zsh >out 2>err || true
    expect_out '^signet vers -> signet version$'
    expect_out '^signet completion z -> completion zsh$'
    expect_out '^signet --js -> --json$'
fi
