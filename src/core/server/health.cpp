#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "server/authorization_modes.h"
#include "server/router.h"
#include "store/meta.h"

namespace signet::server {
namespace {

constexpr std::string_view k_probe = "ready.probe";
constexpr std::uint64_t k_disk_floor = 16 << 20;  // bytes free, below which issuing is about to fail

void add_if_thrown(std::vector<std::string>& reasons, std::string_view what, const std::function<void()>& check) {
    try {
        check();
    } catch (const base::Error& error) {  // the public gets the subject, the log the reason
        base::log(base::Level::warning, "not ready", {{"what", std::string(what)}, {"reason", error.message()}});
        reasons.emplace_back(what);
    }
}

void check_disk(const Exchange& exchange) {
    struct statvfs facts {};
    const auto& root = exchange.services.store.layout().root();
    if (::statvfs(root.c_str(), &facts) != 0) return;
    if (facts.f_bavail * facts.f_frsize < k_disk_floor) {
        throw base::Error{base::Kind::disk, "less than 16 MiB free on " + root.string()};
    }
}

void check_writable(const store::Layout& layout) {
    for (const auto& path : {layout.root(), layout.database()}) {
        if (::access(path.c_str(), W_OK) != 0) {
            throw base::Error{base::Kind::disk, path.string() + " cannot be written to: " + std::strerror(errno)};
        }
    }
}

std::vector<std::string> reasons_not_ready(const Exchange& exchange) {
    std::vector<std::string> reasons;
    add_if_thrown(reasons, "store", [&] {
        check_writable(exchange.services.store.layout());
        // What only a write tells: a file system that turned read-only under an open file, a disk without room.
        exchange.services.store.write([&](store::Transaction& transaction) {
            store::put_meta(transaction, k_probe, base::bytes_of(base::format_time(exchange.now)));
        });
    });
    add_if_thrown(reasons, "disk", [&] { check_disk(exchange); });
    for (const auto& name : exchange.services.authorities.names()) {
        add_if_thrown(reasons, "ca " + name, [&] {
            const auto authority = exchange.services.authorities.get(name);
            if (const auto why = authority->not_valid(exchange.now)) {
                base::log(base::Level::warning, "not ready", {{"reason", why->message()}, {"hint", why->hint()}});
                reasons.push_back("ca " + name + ": " + why->message());
            }
        });
        add_if_thrown(reasons, "crl " + name, [&] {
            if (const auto why = exchange.services.crls.stale(name)) throw base::Error{base::Kind::refused, *why};
        });
    }
    if (exchange.services.authorities.names().empty()) reasons.emplace_back("no ca");
    return reasons;
}

}  // namespace

net::Response health(Exchange& exchange) {
    base::Json json;
    json["status"] = "ok";
    json["ca_initialized"] = !exchange.services.authorities.names().empty();
    if (const auto warnings = mode_warnings(*exchange.live); !warnings.empty()) json["warnings"] = warnings;
    return json_response(200, json);
}

net::Response ready(Exchange& exchange) {
    const auto reasons = exchange.services.readiness.reasons(exchange.now, [&] { return reasons_not_ready(exchange); });
    base::Json json;
    json["status"] = reasons.empty() ? "ready" : "not ready";
    if (!reasons.empty()) json["reasons"] = reasons;
    return json_response(reasons.empty() ? 200 : 503, json);
}

}  // namespace signet::server
