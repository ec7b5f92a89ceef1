#!/usr/bin/env bash
# config show and config check: what is in force, and from where.
. "$(dirname "$0")/lib.sh"
need jq

step "without a store: the defaults, and where the file would be"
expect_exit 0 signet config show
expect_out '^# settings: .*/store/signet.toml \(not there\)$'
expect_out '^listen = "0.0.0.0:8443"  # default$'
expect_out '^\[profile.svid\]$'

step "the file, a variable, and what is left"
expect_exit 0 signet ca init
cat >"$SIGNET_STORE/signet.toml" <<'TOML'
default_profile = "web"
[server]
hostnames = ["ca.internal"]
[profile.web]
permit_dns = ["*.web.internal"]
subject = { o = "Acme" }
[profile.web.acme]
auth = "token"
TOML
expect_exit 0 env SIGNET_LISTEN=127.0.0.1:9 SIGNET_ALLOW_TARGET=10.0.0.0/8,fd00::/8 signet config show
expect_out '^default_profile = "web"  # line 1$'
expect_out '^listen = "127.0.0.1:9"  # SIGNET_LISTEN$'
expect_out '^hostnames = \["ca.internal"\]  # line 3$'
expect_out '^allow_targets = \["10.0.0.0/8","fd00::/8"\]  # SIGNET_ALLOW_TARGET$'
expect_out '^subject = \{ o = "Acme" \}  # line 6$'
expect_exit 0 signet config show profile.web.acme --json
same "auth" '{"key":"profile.web.acme.auth","value":"token","origin":"file","line":8,"variable":null}' \
    "$(jq -c '.settings[] | select(.key | endswith(".auth"))' out)"
same "others" default "$(jq -r '.settings[] | select(.key | endswith(".caa")) | .origin' out)"
expect_exit 2 signet config show servr

step "what is shown is a file that says the same"
signet config show | sed 's/  # line.*//; s/  # default$//' >shown
sed 's/^# .*//' shown >again.toml
expect_exit 0 signet config check again.toml
signet --config again.toml config show | sed 's/  # line.*//; s/  # default$//' >shown-again
same "both" "$(grep -v '^# ' shown)" "$(grep -v '^# ' shown-again)"

step "check: errors name the line, doubts are warnings"
expect_exit 0 signet config check
expect_out 'can be used'
printf '[server]\nlistn = "x"\n' >wrong.toml
expect_exit 2 signet config check wrong.toml
expect_err 'line 2: unknown key "listn"'
expect_exit 2 signet config check missing.toml
printf '[profile.x]\nca = "none"\n[profile.x.acme]\nauthorize_command = "/nowhere/program x"\n' >doubtful.toml
expect_exit 0 signet config check doubtful.toml
expect_err "profile.x.ca: there is no CA 'none'"
expect_err 'authorize_command: /nowhere/program cannot be run'
expect_exit 0 signet config check doubtful.toml --json
same "warnings" 2 "$(jq '.warnings | length' out)"
