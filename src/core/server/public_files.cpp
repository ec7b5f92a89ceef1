#include "server/public_files.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "server/exchange.h"
#include "server/router.h"
#include "x509/pem.h"

namespace signet::server {
namespace {

constexpr std::string_view k_default_authority = "default";

net::Response pem_file(const std::string& pem, const std::string& name) {
    net::Response response;
    response.set("Content-Type", "application/x-pem-file");
    response.set("Content-Disposition", "attachment; filename=\"" + name + "\"");
    response.body = pem;
    return response;
}

// The authority of the default profile; without one, the authority that `ca init` makes without a name.
std::string default_authority(const Live& live) {
    const auto found = live.profiles.find(live.settings.default_profile);
    return found == live.profiles.end() ? std::string(k_default_authority) : found->second.ca;
}

std::string id_of(const x509::Certificate& certificate) {
    const auto key_id = certificate.subject_key_id();
    return key_id ? base::hex_encode(*key_id).substr(0, 8) : std::string{};
}

std::shared_ptr<const PublicCa> find(const Exchange& exchange, const std::string& name) {
    const auto names = exchange.services.authorities.names();
    if (std::ranges::find(names, name) == names.end()) {
        throw base::Error{base::Kind::not_found, "there is no such authority"};
    }
    return exchange.services.files.get(name);
}

}  // namespace

std::shared_ptr<const PublicCa> PublicFiles::get(const std::string& authority) {
    auto current = authorities_.get(authority);
    {
        const std::lock_guard lock(mutex_);
        const auto found = cache_.find(authority);
        if (found != cache_.end() && found->second->authority == current) return found->second;
    }
    auto made = std::make_shared<const PublicCa>(
        PublicCa{current, x509::encode_certificates(current->anchors()), x509::encode_certificates(current->chain())});
    const std::lock_guard lock(mutex_);
    cache_[authority] = made;
    return made;
}

net::Response default_anchors(Exchange& exchange) {
    return pem_file(exchange.services.files.get(default_authority(*exchange.live))->anchors_pem, "ca.pem");
}

net::Response anchors(Exchange& exchange) {
    return pem_file(find(exchange, exchange.parameter)->anchors_pem, exchange.parameter + ".pem");
}

net::Response ca_certificate(Exchange& exchange) {
    const auto published = find(exchange, exchange.parameter);
    for (const auto& certificate : {published->authority->issuing(), published->authority->root()}) {
        if (id_of(certificate) != exchange.second) continue;
        net::Response response;
        response.set("Content-Type", "application/pkix-cert");
        response.body = base::to_text(certificate.der());
        return response;
    }
    throw base::Error{base::Kind::not_found, "this authority has no such certificate"};
}

}  // namespace signet::server
