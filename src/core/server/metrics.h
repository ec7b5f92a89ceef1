#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "base/metrics.h"

namespace signet::server {

struct Route;

/// What /metrics tells beyond the facts of the moment: counted while the server serves, from zero at its start. No
/// name, account or address is ever a label. Thread-safe; the hot path takes no lock.
class Metrics {
public:
    Metrics();
    ~Metrics();

    /// A request that was answered. nullptr: it met no route.
    void request(const Route* route, int status, std::chrono::microseconds spent);
    base::CounterFamily challenges;  // by type, and "valid", "invalid" or "retry"
    base::CounterFamily issued;      // over ACME, by profile
    base::CounterFamily refused;     // newOrder, newAuthz, finalize: by profile and problem type

    /// More families, by whom the App does not know: listeners, the server's own certificate. Set before serving.
    void set_more(std::function<void(base::MetricsText&)> more) { more_ = std::move(more); }

    void write_requests(base::MetricsText& out) const;
    void write_more(base::MetricsText& out) const;

private:
    struct OfRoute;
    std::unique_ptr<OfRoute[]> routes_;  // in the order of routes(), then what met none
    std::function<void(base::MetricsText&)> more_;
};

}  // namespace signet::server
