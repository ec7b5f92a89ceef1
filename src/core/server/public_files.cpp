#include "server/public_files.h"

#include <algorithm>

#include "base/error.h"
#include "ca/generations.h"
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

std::shared_ptr<const PublicCa> find(const Exchange& exchange, const std::string& name) {
    const auto names = exchange.services.authorities.names();
    if (std::ranges::find(names, name) == names.end()) {
        throw base::Error{base::Kind::not_found, "there is no such authority"};
    }
    return exchange.services.files.get(name);
}

std::shared_ptr<const PublicCa> publish(const std::shared_ptr<const ca::Authority>& authority, store::Store& store) {
    const auto& files = authority->files();
    const auto replaced =
        store.query([&](store::Transaction& transaction) { return ca::replaced_at(transaction, files); });
    PublicCa made{authority, x509::encode_certificates(files.anchors()), {}};
    for (const auto& signer : files.leaf_signers()) {
        const auto id = ca::authority_id(signer);
        PublicChain chain{x509::encode_certificates(files.sent_chain_of(id)),
                          x509::encode_certificates(files.chain_of(id)), std::nullopt};
        if (chain.shorter == chain.pem) chain.shorter.clear();
        if (const auto since = replaced.find(id); since != replaced.end()) chain.replaced_at = since->second;
        made.chains.emplace(id, std::move(chain));
    }
    return std::make_shared<const PublicCa>(std::move(made));
}

/// Every CA certificate that an AIA of ours has named.
std::optional<x509::Certificate> find_ca(const ca::AuthorityFiles& files, const std::string& id) {
    auto all = files.above_leaf();
    for (const auto* former : {&files.former_issuing, &files.former_roots})
        for (const auto& ca : *former) all.push_back(ca.certificate);
    const auto found = std::ranges::find(all, id, ca::authority_id);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::shared_ptr<const PublicCa> PublicFiles::get(const std::string& authority) {
    auto current = authorities_.get(authority);
    {
        const std::lock_guard lock(mutex_);
        const auto found = cache_.find(authority);
        if (found != cache_.end() && found->second->authority == current) return found->second;
    }
    auto made = publish(current, store_);
    const std::lock_guard lock(mutex_);
    cache_[authority] = made;
    return made;
}

const PublicChain& PublicCa::chain_for(const std::string& issuer_id) const {
    static const PublicChain k_nothing;
    const auto found = chains.find(issuer_id);
    return found == chains.end() ? k_nothing : found->second;
}

std::optional<std::int64_t> PublicFiles::replaced_at(const store::CertificateRecord& record) {
    try {
        return get(record.authority)->chain_for(record.issuer_id).replaced_at;
    } catch (const base::Error&) {  // a CA that cannot be loaded now: the usual window
        return std::nullopt;
    }
}

net::Response default_anchors(Exchange& exchange) {
    return pem_file(exchange.services.files.get(default_authority(*exchange.live))->anchors_pem, "ca.pem");
}

net::Response anchors(Exchange& exchange) {
    return pem_file(find(exchange, exchange.parameter)->anchors_pem, exchange.parameter + ".pem");
}

net::Response ca_certificate(Exchange& exchange) {
    const auto published = find(exchange, exchange.parameter);
    const auto certificate = find_ca(published->authority->files(), exchange.second);
    if (!certificate) throw base::Error{base::Kind::not_found, "this authority has no such certificate"};
    net::Response response;
    response.set("Content-Type", "application/pkix-cert");
    response.body = base::to_text(certificate->der());
    return response;
}

// RFC 8555 section 6.3: what "up" of a certificate names (section 7.1), read as a client of ACME reads everything.
net::Response issuer_certificate(Exchange& exchange) {
    exchange.require_post_as_get();
    return ca_certificate(exchange);
}

}  // namespace signet::server
