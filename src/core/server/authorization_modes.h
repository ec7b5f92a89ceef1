#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/live.h"
#include "store/records.h"

namespace signet::server {

/// How an authorization becomes valid under a profile: a row per mode in authorization_modes.cpp.
struct AuthorizationMode {
    std::string_view name;
    bool grants_at_once;  // authorizations start valid, orders ready
    bool by_operator;     // they wait for `signet order approve`, whatever is posted to their challenges
    bool (*accepts)(const ca::Profile& profile, std::string_view proof);  // does this evidence count at finalize?
    std::string_view warning;  // said at start, in /health and in the audit log; empty: none
};

/// The mode of a profile: its own, else what `serve-acme --auth` says, else challenge.
const AuthorizationMode& mode_of(const ca::Profile& profile, const Settings& settings);
/// Does the profile take only accounts that a token bound? Mode token implies it.
bool requires_binding(const ca::Profile& profile, const Settings& settings);
/// "challenge", "token", "trust": the values of `auth` and --auth.
std::vector<std::string> mode_names();
/// Throws bad_input naming `what` when there is no such mode.
void check_mode(std::string_view name, std::string_view what);
/// Was control of the name shown? What a mode gave without asking, by trust or on an operator's word, does not permit
/// revoking another account's certificate (RFC 8555 section 7.6).
bool shows_control(std::string_view proof);
/// Is this a name of the CA that nobody gets over ACME under the mode? Its hostnames in each; all that is on its own
/// certificate, the loopback names that stand in for missing hostnames too, where no challenge proves anything.
bool is_withheld(const Live& live, const AuthorizationMode& mode, const x509::Identifier& name);
std::vector<std::string> mode_warnings(const Live& live);

}  // namespace signet::server
