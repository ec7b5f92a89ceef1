#pragma once

#include <string_view>

#include "cli/output.h"
#include "inspect/probe.h"

namespace signet::cli {

/// What `verify` found, as text for people or as one JSON document; `target` is what was asked about.
void print_report(Output& out, std::string_view target, const inspect::VerifyReport& report);
/// The same below what the handshake showed.
void print_probe(Output& out, std::string_view target, const inspect::ProbeReport& report);

}  // namespace signet::cli
