#include "server/metrics.h"

#include <algorithm>

#include "acme/problem.h"
#include "base/error.h"
#include "server/process_facts.h"
#include "server/router.h"
#include "store/writer.h"

namespace signet::server {
namespace {

using base::MetricsText;
using Type = MetricsText::Type;

// Every status that a route answers with; any other is counted as the last, 500.
constexpr std::array k_statuses{200, 201, 204, 304, 400, 401, 403, 404, 405,
                                406, 409, 410, 413, 415, 421, 429, 503, 500};

constexpr std::array<std::uint64_t, 12> k_latency_bounds{500,    1'000,   2'500,   5'000,     10'000,    25'000,
                                                         50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};
constexpr double k_microseconds = 1e6;

double seconds(base::Time time) { return static_cast<double>(base::to_unix(time)); }

void write_family(MetricsText& out, std::string_view name, std::string_view help, const base::CounterFamily& family,
                  std::string_view first, std::string_view second) {
    out.family(name, Type::counter, help);
    for (const auto* row : family.rows()) {
        if (second.empty()) {
            out.sample({{first, row->first}}, row->counter.value());
        } else {
            out.sample({{first, row->first}, {second, row->second}}, row->counter.value());
        }
    }
}

void write_authorities(MetricsText& out, const Services& services) {
    out.family("signet_ca_not_after_timestamp_seconds", Type::gauge, "When a CA certificate expires.");
    for (const auto& name : services.authorities.names()) {
        try {
            const auto authority = services.authorities.get(name);
            out.sample({{"ca", name}, {"kind", "root"}}, seconds(authority->root().not_after()));
            out.sample({{"ca", name}, {"kind", "issuing"}}, seconds(authority->issuing().not_after()));
        } catch (const base::Error&) {  // /ready says what is wrong with it
        }
    }
}

void write_store(MetricsText& out, store::Store& store) {
    const auto& commits = store.commit_statistics();
    out.family("signet_store_commit_duration_seconds", Type::histogram, "Time of a durable commit to the store.");
    out.histogram({}, commits.microseconds, k_microseconds);
    out.family("signet_store_commit_group_changes", Type::histogram, "Changes made durable by one commit.");
    out.histogram({}, commits.group, 1);
    out.family("signet_store_commits_failed_total", Type::counter, "Commits that did not come about.");
    out.sample({}, commits.failed.value());
    out.gauge("signet_store_waiting_changes", "Changes that wait for a commit.",
              static_cast<double>(store.waiting_writes()));
    out.gauge("signet_store_size_bytes", "Size of signet.db with its write-ahead log.",
              static_cast<double>(database_size(store.layout())));
}

}  // namespace

struct Metrics::OfRoute {
    std::array<base::Counter, k_statuses.size()> statuses;
    base::Histogram latency{k_latency_bounds};
};

Metrics::Metrics() : routes_(std::make_unique<OfRoute[]>(routes().size() + 1)) {}
Metrics::~Metrics() = default;

void Metrics::request(const Route* route, int status, std::chrono::microseconds spent) {
    const auto index = route == nullptr ? routes().size() : static_cast<std::size_t>(route - routes().data());
    const auto found = std::ranges::find(k_statuses, status);
    const auto column = std::min(static_cast<std::size_t>(found - k_statuses.begin()), k_statuses.size() - 1);
    routes_[index].statuses.at(column).add();
    routes_[index].latency.observe(static_cast<std::uint64_t>(std::max<std::int64_t>(spent.count(), 0)));
}

void Metrics::write_requests(MetricsText& out) const {
    const auto each = [&](const auto& write) {
        for (std::size_t i = 0; i <= routes().size(); ++i) {
            const bool known = i < routes().size();
            write(routes_[i], known ? routes()[i].path : "none", known ? routes()[i].method : "any");
        }
    };
    out.family("signet_http_requests_total", Type::counter, "Requests answered, by route and status.");
    each([&](const OfRoute& of, std::string_view path, std::string_view method) {
        for (std::size_t i = 0; i < k_statuses.size(); ++i) {
            const auto count = of.statuses.at(i).value();
            const auto status = std::to_string(k_statuses.at(i));
            if (count > 0) out.sample({{"route", path}, {"method", method}, {"status", status}}, count);
        }
    });
    out.family("signet_http_request_duration_seconds", Type::histogram, "Time from a whole request to its answer.");
    each([&](const OfRoute& of, std::string_view path, std::string_view method) {
        const bool used = std::ranges::any_of(of.statuses, [](const auto& counter) { return counter.value() > 0; });
        if (used) out.histogram({{"route", path}, {"method", method}}, of.latency, k_microseconds);
    });
}

void Metrics::write_more(MetricsText& out) const {
    write_family(out, "signet_certificates_issued_total", "Certificates issued over ACME, by profile.", issued,
                 "profile", {});
    write_family(out, "signet_issuance_refusals_total",
                 "Orders, authorizations and finalizations refused, by profile and problem type.", refused, "profile",
                 "reason");
    write_family(out, "signet_challenge_attempts_total",
                 "Validation attempts by challenge type; a retry failed and will be tried again.", challenges, "type",
                 "result");
    if (more_) more_(out);
}

net::Response metrics(Exchange& exchange) {
    const auto& services = exchange.services;
    MetricsText out;
    services.metrics.write_requests(out);
    services.metrics.write_more(out);
    write_authorities(out, services);
    write_store(out, services.store);
    const auto depth = services.validation.depth();
    out.family("signet_validation_queue_depth", Type::gauge, "Challenges waiting for, and in, an attempt.");
    out.sample({{"state", "waiting"}}, std::uint64_t{depth.waiting});
    out.sample({{"state", "running"}}, std::uint64_t{depth.running});
    write_process_facts(out);
    net::Response response;
    response.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.set("Cache-Control", "no-store");
    response.body = out.text();
    return response;
}

}  // namespace signet::server
