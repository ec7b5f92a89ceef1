#pragma once

#include <string_view>
#include <vector>

namespace signet::cli {

/// What an operator does, and what he types for it. A test runs each command of the page as it stands.
struct RunbookStep {
    std::string_view text;
    std::string_view commands;  // a line each; empty when there is nothing to type
};

struct RunbookChapter {
    std::string_view heading;
    std::vector<RunbookStep> steps;
};

/// For signet-emergency(7).
const std::vector<RunbookChapter>& emergency_runbook();
/// For signet-mtls(7): how a server serves a certificate that signet renews, and whom it lets in.
const std::vector<RunbookChapter>& mtls_recipes();
/// For signet-spiffe(7): from a CA for one trust domain to a renewal that alerts.
const std::vector<RunbookChapter>& spiffe_guide();

}  // namespace signet::cli
