#include "server/hosts.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace signet::server {
namespace {

// "ca.internal:8443" and "[::1]:8443" without port and brackets; "ca.internal." is the same name said in full.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
    }
    auto host = authority.substr(0, authority.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

bool contains(const std::vector<std::string>& names, std::string_view host) {
    return std::ranges::any_of(names, [&](const std::string& name) { return base::iequals(name, host); });
}

bool covers(const x509::Identifier& identifier, const std::string& name) {
    try {
        return x509::matches(identifier, x509::Identifier::parse(name));
    } catch (const base::Error&) {  // a machine name that no certificate can carry
        return false;
    }
}

}  // namespace

std::string machine_name() {
    std::array<char, 256> buffer{};
    if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
    try {
        return x509::Identifier::dns(base::lower(buffer.data())).text();
    } catch (const base::Error&) {
        return "localhost";
    }
}

Hosts::Hosts(const Settings& settings) : names_(settings.hostnames), external_url_(settings.external_url) {
    if (!external_url_.empty()) {
        const auto url = net::parse_url(external_url_);
        external_authority_ = url.authority();
        external_host_ = url.host;
        external_url_ = url.scheme + "://" + external_authority_;
    }
    accepted_ = names_;
    if (names_.empty()) {
        names_ = {machine_name()};
        accepted_ = {names_.front(), "localhost", "127.0.0.1", "::1"};
    }
    certificate_names_ = accepted_;
    if (!external_host_.empty() && !contains(certificate_names_, external_host_)) {
        certificate_names_.push_back(external_host_);
    }
}

std::vector<std::string> Hosts::issuer_names(const Settings& settings) const {
    constexpr std::size_t k_limit = 10;  // of draft-ietf-acme-dns-persist-02 section 3.1
    auto names = settings.caa_identities;
    if (names.size() > k_limit) names.resize(k_limit);
    if (names.empty() && x509::Identifier::parse(first()).type() == x509::Identifier::Type::dns) names = {first()};
    return names;
}

bool Hosts::known(std::string_view authority) const {
    const auto host = host_of(authority);
    return contains(accepted_, host) || (!external_host_.empty() && base::iequals(host, external_host_));
}

std::optional<std::string> Hosts::base_of(const net::Request& request) const {
    // Behind a proxy that ends TLS the request comes in as http: what the client called is the external URL.
    if (!external_authority_.empty() && base::iequals(request.host, external_authority_)) return external_url_;
    if (!known(request.host)) return std::nullopt;
    // Nor does a proxy have to hand on the port: the host alone is the external URL, unless it is a name of ours too.
    if (!contains(accepted_, host_of(request.host))) return external_url_;
    return request.scheme + "://" + request.host;
}

bool Hosts::is_own(const x509::Identifier& identifier) const {
    return std::ranges::any_of(names_, [&](const std::string& name) { return covers(identifier, name); }) ||
           (!external_host_.empty() && covers(identifier, external_host_));
}

bool Hosts::is_on_certificate(const x509::Identifier& identifier) const {
    return std::ranges::any_of(certificate_names_, [&](const std::string& name) { return covers(identifier, name); });
}

std::optional<std::string> Hosts::path_of(std::string_view url) const {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    const auto authority = url.substr(scheme + 3, url.find('/', scheme + 3) - scheme - 3);
    if (scheme + 3 + authority.size() >= url.size() || !known(authority)) return std::nullopt;
    return std::string(url.substr(scheme + 3 + authority.size()));
}

}  // namespace signet::server
