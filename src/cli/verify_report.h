#pragma once

#include <string_view>

#include "cli/output.h"
#include "inspect/mtls.h"
#include "inspect/probe.h"

namespace signet::cli {

/// What `verify` found, as text for people or as one JSON document; `target` is what was asked about.
void print_report(Output& out, std::string_view target, const inspect::VerifyReport& report);
/// The same below what the handshake showed.
/// With `doors`, the table of what the endpoint refuses.
void print_probe(Output& out, std::string_view target, const inspect::ProbeReport& report,
                 const inspect::MtlsReport* doors);

/// The doors alone, where the endpoint did not shake hands even with its own client.
void print_refusal(Output& out, std::string_view target, const inspect::MtlsReport& doors);

}  // namespace signet::cli
