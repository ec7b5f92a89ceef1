#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "net/tls.h"
#include "x509/certificate.h"

namespace signet::cli {

/// Asks `target` ("host:port") which certificate it serves, for a few seconds, since a service takes its time to
/// reload. nullopt when it is one of `leaves`, else what it serves instead, or why it cannot be asked.
std::optional<std::string> probe_served(const std::string& target, const std::vector<x509::Certificate>& leaves,
                                        net::TlsDialer& dialer, base::Clock& clock);

}  // namespace signet::cli
