#include "client/fetch.h"

#include <algorithm>

#include "client/acme_source.h"
#include "client/renewal.h"
#include "client/renewal_information.h"
#include "client/server_limit.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

// Advice is asked for quickly or not at all.
constexpr base::Duration k_advice_patience = std::chrono::seconds(5);

ServerTrust trust_of(const RenewalRecord& record, const std::string& root_sha256) {
    return {record.server, record.server_roots, root_sha256, record.insecure_http};
}

std::shared_ptr<const net::DnsUpdateServer> update_server(const RenewalRecord& record) {
    if (record.dns_update.empty()) return nullptr;
    auto server = net::parse_update_server(record.dns_update, "--dns-update");
    if (record.dns_update_key) server.key = net::parse_update_key(record.dns_update_key->reveal(), "--dns-update-key");
    return std::make_shared<const net::DnsUpdateServer>(std::move(server));
}

AcmeOrder order_of(const RenewalRecord& record, std::vector<x509::Certificate> anchors,
                   const std::optional<x509::Certificate>& replaces, const FetchSeams& seams) {
    return {.account = {.agree_tos = record.agree_tos, .email = record.email, .binding = record.binding},
            .challenge = record.challenge,
            .equipment = {.webroot = record.webroot,
                          .http01_port = record.http01_port,
                          .tls_alpn01_port = record.tls_alpn01_port,
                          .dns_hook = record.dns_hook,
                          .dns_update = update_server(record),
                          .clock = &seams.clock,
                          .stop = seams.stop},
            .profile = record.profile,
            .preferred_chain = record.preferred_chain,
            .validity = record.validity,
            .replaces = replaces,
            .anchors = std::move(anchors)};
}

EnrollRequest enroll_request(const base::Path& directory, const RenewalRecord& record) {
    return {.directory = directory,
            .names = record.names,
            .key_type = record.key_type,
            .csr = record.csr,
            .reuse_key = record.reuse_key,
            .formats = record.formats,
            .format_options = record.format_options,
            .access = record.access};
}

// The key of a throw-away account, for conversations that never sign anything.
crypto::PrivateKey unused_key() { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256); }

// The server's own anchors: what the issued chain must reach, and how pinned roots are followed through a rotation. The
// latter alone is worth no failure.
std::vector<x509::Certificate> read_published(const RenewalRecord& record, const TrustedServer& server,
                                              const FetchSeams& seams, base::Deadline deadline) {
    const auto read = [&] {
        return published_anchors(record.server, *server.transport, seams.clock, deadline, seams.progress);
    };
    if (record.issued_anchors.empty()) return read();
    if (server.roots.empty()) return {};
    try {
        return read();
    } catch (const Error& error) {
        if (error.kind() == Kind::environment) throw;
        return {};
    }
}

// The key of the directory's account. One that was made for this conversation is gone again unless it is to be kept: a
// run that failed before any server knew the key leaves nothing.
class AccountKey {
public:
    AccountKey(const base::Path& directory, const std::string& server, const std::string& kid)
        : directory_(directory),
          server_(server),
          kid_(kid),
          kept_(account_key_there(directory, server, kid).has_value()),
          key_(load_account_key(directory, server, kid)) {}
    ~AccountKey() {
        if (kept_) return;
        try {
            forget_account_key(directory_, server_, kid_);
        } catch (const Error&) {  // then it is found again by the next run
        }
    }
    AccountKey(const AccountKey&) = delete;
    AccountKey& operator=(const AccountKey&) = delete;

    const crypto::PrivateKey& key() const { return key_; }
    void keep() { kept_ = true; }
    bool kept() const { return kept_; }

private:
    const base::Path& directory_;
    const std::string server_, kid_;
    bool kept_;
    crypto::PrivateKey key_;
};

// Whether the server may have an account for the session's key: an answer that got lost is no refusal.
bool may_know(const Session& session, const Error& error) {
    if (!session.account_url().empty()) return true;
    const auto kind = error.kind();
    const bool lost = kind == Kind::connection || kind == Kind::timeout || kind == Kind::tls ||
                      kind == Kind::remote_problem || kind == Kind::incorrect_response;
    return session.has_signed() && lost;
}

// ACME takes the request as it is: its names are the order's, no more and no fewer.
void check_request_names(const RenewalRecord& record) {
    if (!record.csr) return;
    auto wanted = record.names;
    auto present = record.csr->names;
    std::ranges::sort(wanted);
    std::ranges::sort(present);
    if (wanted == present && record.csr->other_names.empty()) return;
    throw Error(Kind::usage, "the names of --csr are not those of the command line",
                "leave the names out, or make a request for exactly these names");
}

}  // namespace

std::optional<std::string> reason_to_replace(const base::Path& directory, const RenewalRecord& record, base::Time now) {
    std::optional<deliver::Installed> there;
    try {
        there = deliver::installed(directory);
    } catch (const Error& error) {
        if (error.kind() != Kind::bad_input) throw;
        return error.message();
    }
    if (!there) return "there is none yet";
    const auto& leaf = there->chain.front();
    if (record.csr ? !(leaf.public_key() == record.csr->public_key) : !there->key_fits) return "its key does not fit";
    if (const auto difference = names_differ(leaf, record.names)) return *difference;
    if (now < leaf.not_before()) return "it is not valid yet";
    if (now > leaf.not_after()) return "it has expired";
    if (now >= due_at(leaf, std::nullopt)) return "it is due";
    for (const auto& format : record.formats) {
        const std::string file(deliver::find_format(format).file);
        if (!base::file_facts(directory / file)) return "there is no " + file + " beside it";
    }
    return std::nullopt;
}

Fetched fetch(const base::Path& directory, RenewalRecord record, const FetchRun& run, const FetchSeams& seams) {
    check_request_names(record);
    if (!run.force) check_limit(directory, record.server, seams.clock.now());
    const base::Deadline deadline(seams.clock, seams.patience);
    const auto kid = record.binding ? record.binding->kid : std::string{};
    AccountKey account(directory, record.server, kid);
    auto server =
        trust_server(trust_of(record, run.root_sha256), seams.make_transport, seams.clock, deadline, seams.progress);
    Session session(*server.transport, seams.clock, account.key(), record.server, deadline, seams.progress);
    session.directory();
    const auto published = read_published(record, server, seams, deadline);
    auto order =
        order_of(record, record.issued_anchors.empty() ? published : record.issued_anchors, run.replaces, seams);
    if (seams.ask_about_terms) {
        order.account.ask_about_terms = [&](const std::string& url) {
            return record.agree_tos = seams.ask_about_terms(url);  // renewals need not ask again
        };
    }
    AcmeSource source(session, std::move(order));
    ActivationLock activation;
    auto request = enroll_request(directory, record);
    request.reuse_key = request.reuse_key || run.reuse_key;
    const auto save = [&](const auto&) {
        record.account = session.account_url();
        record.issued_profile = source.profile();
        record.server_roots = roots_from_now_on(server.roots, published, source.chain(), seams.clock.now());
        activation = owe_activation(directory, run.hooks.empty() ? record.hooks : run.hooks);
        keep_account_key(directory, record.server, kid);
        save_renewal_record(directory, record);
    };
    try {
        auto enrolled = enroll(request, source, seams.clock.now(), save);
        account.keep();
        forget_limit(directory);
        return {std::move(enrolled), std::move(activation)};
    } catch (const Error& error) {
        if (may_know(session, error)) account.keep();
        const auto until = session.limited_until();
        if (until && account.kept()) remember_limit(directory, {record.server, *until}, seams.clock.now());
        throw;
    }
}

std::optional<RenewalAdvice> ask_advice(const RenewalRecord& record, const x509::Certificate& leaf,
                                        const FetchSeams& seams) {
    try {
        const auto key = unused_key();
        const base::Deadline deadline(seams.clock, std::min(seams.patience, k_advice_patience));
        const Progress silent = [](std::string_view) {};
        auto server = trust_server(trust_of(record, ""), seams.make_transport, seams.clock, deadline, silent);
        Session session(*server.transport, seams.clock, key, record.server, deadline, silent);
        return ask_renewal_window(*server.transport, session.directory().renewal_info, leaf, seams.clock.now());
    } catch (const Error&) {
        return std::nullopt;  // no advice is no reason to wait
    }
}

std::string check_server(const base::Path& directory, const RenewalRecord& record, const FetchSeams& seams) {
    const base::Deadline deadline(seams.clock, seams.patience);
    auto there = account_key_there(directory, record.server, record.binding ? record.binding->kid : "");
    const bool known = there.has_value();
    const auto key = known ? std::move(*there) : unused_key();
    auto server = trust_server(trust_of(record, ""), seams.make_transport, seams.clock, deadline, seams.progress);
    Session session(*server.transport, seams.clock, key, record.server, deadline, seams.progress);
    session.directory();
    if (known && account_exists(session)) return {};
    return "the server has no account for this directory: renewal would register one";
}

}  // namespace signet::client
