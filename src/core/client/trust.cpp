#include "client/trust.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "x509/path.h"
#include "x509/pem.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_anchors_size = 1 << 20;
constexpr std::size_t k_hashes_shown = 5;

struct ShortName {
    std::string_view name;
    std::string_view url;
};
constexpr ShortName k_short_names[] = {
    {"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"},
    {"letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"},
};

std::string anchors_url(const std::string& directory) {
    auto url = net::parse_url(directory);
    url.target = "/ca.pem";
    return url.text();
}

net::TransportSettings settings_for(const ServerTrust& trust, net::Trust whom) {
    return {.trust = std::move(whom),
            .allow_http = trust.insecure_http,
            .user_agent = "signet/" SIGNET_VERSION,
            .connect_to = {},
            .verify_nothing = false};
}

net::Response get_anchors(const std::string& directory, net::Transport& transport, base::Clock& clock,
                          base::Deadline deadline, const Progress& progress) {
    net::OutboundRequest request;
    request.url = anchors_url(directory);
    request.body_limit = k_anchors_size;
    return get_patiently(transport, clock, deadline, request, progress);
}

std::vector<x509::Certificate> published(const net::Response& response, const std::string& url) {
    try {
        return x509::parse_certificates(response.body, url);
    } catch (const Error& error) {
        throw Error(Kind::remote_problem, error.message(), "check that --server is the URL of a signet server");
    }
}

// The member of an unverified /ca.pem that the hash vouches for.
x509::Certificate find_root(const net::Response& response, const std::string& hash, const std::string& url) {
    if (response.status != 200) {
        throw Error(Kind::refused, "the root is not at " + url + " (HTTP " + std::to_string(response.status) + ")",
                    "give the root's file with --root instead of its hash");
    }
    std::string found;
    std::size_t count = 0;
    for (const auto& certificate : published(response, url)) {
        const auto fingerprint = certificate.fingerprint_sha256();
        if (fingerprint == hash) return certificate;
        if (++count <= k_hashes_shown) found += (found.empty() ? "" : ", ") + fingerprint;
    }
    throw Error(Kind::refused, "no root at " + url + " has the hash " + hash + "; it has " + found,
                "compare it with what `signet ca show` says on the CA's host; if they differ, somebody is in between");
}

bool contains(const std::vector<x509::Certificate>& certificates, const x509::Certificate& one) {
    return std::ranges::find(certificates, one) != certificates.end();
}

// A certificate of the same CA, below one of the pinned roots.
bool vouched_for(const x509::Certificate& root, const std::vector<x509::Certificate>& pinned,
                 const std::vector<x509::Certificate>& chain, base::Time now) {
    return std::ranges::any_of(chain, [&](const x509::Certificate& cross) {
        if (!(cross.public_key() == root.public_key()) || !x509::same_name(cross.subject(), root.subject()))
            return false;
        return x509::validate_path({.leaf = cross,
                                    .intermediates = chain,
                                    .anchors = pinned,
                                    .at = now,
                                    .purpose = x509::Purpose::any,
                                    .max_depth = {}})
            .valid();
    });
}

}  // namespace

std::string directory_url(const std::string& server, bool insecure_http) {
    for (const auto& [name, url] : k_short_names) {
        if (server == name) return std::string(url);
    }
    try {
        auto url = net::parse_url(server);
        if (url.target == "/") url.target = "/acme/directory";  // where a signet server has it
        if (url.scheme == "http" && !insecure_http) {
            throw Error(Kind::usage, server + " is plain http: anyone on the way could change what is said",
                        "use https://, or --insecure-http when the network is your own");
        }
        return url.text();
    } catch (const Error& error) {
        if (error.kind() == Kind::usage) throw;
        throw Error(Kind::usage, error.message(),
                    "give the URL of an ACME directory, such as https://ca.internal:8443/acme/directory");
    }
}

std::string parse_root_hash(const std::string& text) {
    const auto bytes = base::hex_decode(base::trim(text));
    if (!bytes || bytes->size() != 32) {
        throw Error(Kind::usage, "--root-sha256: '" + base::printable(text, 80) + "' is no SHA-256 hash in hex",
                    "it has 64 hex digits: `signet ca show` prints it on the CA's host");
    }
    return base::hex_encode(*bytes);
}

TrustedServer trust_server(const ServerTrust& trust, const MakeTransport& make_transport, base::Clock& clock,
                           base::Deadline deadline, const Progress& progress) {
    TrustedServer server{nullptr, trust.roots};
    if (!trust.root_sha256.empty()) {
        if (net::parse_url(trust.directory).scheme != "https") {
            throw Error(Kind::usage, "--root-sha256 is for https:// servers", "leave it out, or use https://");
        }
        const auto anyone = make_transport(settings_for(trust, {net::Trust::Mode::none, {}}));
        const auto response = get_anchors(trust.directory, *anyone, clock, deadline, progress);
        server.roots = {find_root(response, trust.root_sha256, anchors_url(trust.directory))};
        progress("found the root with the hash that was given");
    }
    const auto mode = server.roots.empty() ? net::Trust::Mode::system : net::Trust::Mode::anchors;
    server.transport = make_transport(settings_for(trust, {mode, server.roots}));
    return server;
}

std::vector<x509::Certificate> published_anchors(const std::string& directory, net::Transport& transport,
                                                 base::Clock& clock, base::Deadline deadline,
                                                 const Progress& progress) {
    if (net::parse_url(directory).scheme != "https") return {};
    const auto response = get_anchors(directory, transport, clock, deadline, progress);
    if (response.status != 200 || response.body.find("-----BEGIN CERTIFICATE-----") == std::string::npos) return {};
    return published(response, anchors_url(directory));
}

std::vector<x509::Certificate> roots_from_now_on(const std::vector<x509::Certificate>& pinned,
                                                 const std::vector<x509::Certificate>& published,
                                                 const std::vector<x509::Certificate>& chain, base::Time now) {
    if (pinned.empty()) return {};
    std::vector<x509::Certificate> roots;
    for (const auto& one : published) {
        if (contains(pinned, one) || vouched_for(one, pinned, chain, now)) roots.push_back(one);
    }
    return roots.empty() ? pinned : roots;
}

}  // namespace signet::client
