#pragma once

#include <cstdint>

#include "base/metrics.h"
#include "store/layout.h"

namespace signet::server {

/// Size of signet.db with its write-ahead log, in octets; 0 when it cannot be told.
std::uint64_t database_size(const store::Layout& layout);

/// What this process uses, by the names that Prometheus dashboards know (process_…), and which build it is.
void write_process_facts(base::MetricsText& out);

}  // namespace signet::server
