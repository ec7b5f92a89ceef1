#include "ca/issuer.h"

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/inventory.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "store/compromised_keys.h"
#include "store/expiry_watch.h"
#include "x509/name_constraints.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr int k_serial_attempts = 3;  // two clashes of 128 random bits in a row are a broken random source

std::optional<store::CompromisedKey> known_against(store::Store& store, const std::optional<crypto::PublicKey>& key) {
    if (!key) return std::nullopt;
    return store.query([&](store::Transaction& transaction) { return store::find_compromised_key(transaction, *key); });
}

std::vector<std::string> texts_of(const std::vector<x509::Identifier>& names) {
    std::vector<std::string> texts;
    for (const x509::Identifier& name : names) texts.push_back(name.text());
    return texts;
}

/// Who asked, as the records tell it.
struct Origin {
    std::string actor, source, address;
    std::optional<std::string> account;
};
Origin origin_of(const Requester& requester) {
    if (const auto* account = std::get_if<Account>(&requester))
        return {"account " + account->id, "acme", account->address, account->id};
    if (const auto* person = std::get_if<Operator>(&requester)) return {"operator " + person->name, "cli", {}, {}};
    return {"server", "server", {}, {}};
}

store::CertificateRecord record_of(const x509::Certificate& made, const Authority& authority,
                                   const IssuanceRequest& request, base::Time now) {
    const Origin origin = origin_of(request.requester);
    store::CertificateRecord record{};
    record.serial = made.serial_hex();
    record.der = made.der();
    record.issuer_id = authority.issuing_id();
    record.authority = authority.name();
    record.profile = request.profile.name;
    record.subject = made.subject().text();
    record.names = texts_of(made.names());
    record.not_before = base::to_unix(made.not_before());
    record.not_after = base::to_unix(made.not_after());
    record.source = origin.source;
    record.account = origin.account;
    record.fingerprint = made.fingerprint_sha256();
    record.key_type = request.public_key->describe();
    record.issued_at = base::to_unix(now);
    return record;
}

store::AuditRecord audit_of(const IssuanceRequest& request, base::Time now, std::string action) {
    Origin origin = origin_of(request.requester);
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = std::move(action);
    audit.actor = std::move(origin.actor);
    audit.address = std::move(origin.address);
    audit.account = std::move(origin.account);
    audit.profile = request.profile.name;
    audit.names = texts_of(request.names);
    if (const auto* account = std::get_if<Account>(&request.requester); account != nullptr && account->token)
        audit.detail = "by token " + *account->token;
    return audit;
}

/// Policy looks at the names; this looks at the whole certificate as a peer will, its subject too (RFC 5280 section
/// 6.1.3 (b) and (c)): a foreign CA above ours may constrain more than names of hosts.
std::vector<base::ErrorPart> violations(const x509::Certificate& made, const IssuerFacts& facts) {
    std::vector<base::ErrorPart> found;
    for (const x509::Certificate& ca : facts.chain) {
        const std::string why = x509::constraint_violation(ca, made);
        if (!why.empty())
            found.push_back({"", Kind::refused,
                             why + " of the name constraints of the CA '" + ca.subject().text() + "'",
                             "ask for less in the subject, or use a profile of another CA"});
    }
    return found;
}

/// A profile that names no CA of the store is the operator's mistake: for a client of the server it is no resource that
/// is missing, and the store's path is none of its business.
std::shared_ptr<const Authority> signer_of(Authorities& authorities, const IssuanceRequest& request) {
    try {
        return authorities.get(request.profile.ca);
    } catch (const Error& error) {
        if (error.kind() != Kind::not_found || !std::holds_alternative<Account>(request.requester)) throw;
        throw Error{Kind::environment, "profile '" + request.profile.name + "' has nobody to sign: " + error.message(),
                    error.hint()};
    }
}

void record_refusal(store::Store& store, const IssuanceRequest& request, base::Time now,
                    const std::vector<base::ErrorPart>& refusals) {
    constexpr std::size_t k_detail_limit = 4000;
    store::AuditRecord audit = audit_of(request, now, "certificate.refused");
    if (audit.names.size() > static_cast<std::size_t>(request.profile.max_names))
        audit.names.resize(static_cast<std::size_t>(request.profile.max_names));
    for (const base::ErrorPart& part : refusals) {
        if (audit.detail.size() > k_detail_limit) break;
        audit.detail += (audit.detail.empty() ? "" : "; ") + part.message;
    }
    append_refusal(store, audit);
}

/// What the lint before the signature refuses is written down as what policy refuses is.
template <class Sign, class Note>
x509::Certificate sign_or_note(const Sign& sign, const Note& note) {
    try {
        return sign();
    } catch (const Error& error) {
        if (error.kind() == Kind::refused && !error.parts().empty()) note(error.parts());
        throw;
    }
}

/// All refusals of a subordinate CA as one error: no profile had a say.
Error subordinate_error(std::vector<base::ErrorPart> refusals) {
    const base::ErrorPart first = refusals.front();
    if (refusals.size() == 1) return Error{first.kind, first.message, first.remedy, std::move(refusals)};
    std::string message = "this request is refused for " + std::to_string(refusals.size()) + " reasons";
    return Error{Kind::refused, std::move(message), first.remedy, std::move(refusals)};
}

}  // namespace

std::vector<base::Path> weak_key_files(const store::Layout& layout) {
    return {layout.weak_keys(), "/usr/share/signet/weak-keys"};
}

Issuer::Issuer(store::Store& store, Authorities& authorities, base::Clock& clock, base::Random& random)
    : store_(store),
      authorities_(authorities),
      clock_(clock),
      random_(random),
      weak_keys_(weak_key_files(store.layout())) {}

void Issuer::set_public_http_url(std::string url) {
    const std::lock_guard lock(url_mutex_);
    public_http_url_ = std::move(url);
}

std::string Issuer::public_http_url() const {
    const std::lock_guard lock(url_mutex_);
    return public_http_url_;
}

IssuerFacts Issuer::facts_of(const Authority& authority) {
    std::vector<x509::Certificate> chain = authority.chain();
    chain.push_back(authority.root());
    return {authority.issuing(), std::move(chain), public_http_url(), authority.name(), &weak_keys_};
}

Issued Issuer::issue(
    const IssuanceRequest& request,
    const std::function<void(store::Transaction&, const store::CertificateRecord&)>& in_same_transaction) {
    const base::Time now = clock_.now();
    const auto authority = signer_of(authorities_, request);
    IssuerFacts facts = facts_of(*authority);
    facts.compromised = known_against(store_, request.public_key);
    for (int attempt = 1;; ++attempt) {
        Decision decision = decide(request, facts, now);
        if (!decision.ok()) {
            if (request.audit_refusal) record_refusal(store_, request, now, decision.refusals);
            throw refusal_error(request.profile, std::move(decision.refusals));
        }
        x509::Certificate made = sign_or_note([&] { return authority->sign(std::move(*decision.approved), random_); },
                                              [&](const auto& broken) {
                                                  if (request.audit_refusal)
                                                      record_refusal(store_, request, now, broken);
                                              });
        if (auto violated = violations(made, facts); !violated.empty()) {
            record_refusal(store_, request, now, violated);
            throw refusal_error(request.profile, std::move(violated));
        }
        const store::CertificateRecord record = record_of(made, *authority, request, now);
        store::AuditRecord audit = audit_of(request, now, "certificate.issued");
        audit.serial = record.serial;
        audit.names = record.names;
        if (!this->record(record, audit, *request.public_key, in_same_transaction)) {
            if (attempt < k_serial_attempts) continue;
            throw Error{Kind::internal, "random serials clash again and again", "look at the machine's random source"};
        }
        return {std::move(made), authority->sent_chain(), authority->anchors(), record, std::move(decision.notes)};
    }
}

/// False: the serial is taken, and nothing was recorded.
bool Issuer::record(const store::CertificateRecord& record, const store::AuditRecord& audit,
                    const crypto::PublicKey& key, const Further& further) {
    bool clash = false;  // of the serial, not of something the caller inserts
    try {
        store_.write([&](store::Transaction& transaction) {
            // Revoked since policy looked.
            if (const auto compromised = store::find_compromised_key(transaction, key)) {
                const auto part =
                    compromised_key_refusal(*compromised, record.account ? Kind::bad_csr : Kind::bad_public_key);
                throw Error{part.kind, part.message, part.remedy, {part}};
            }
            clash = true;
            store::insert_certificate(transaction, record);
            clash = false;
            store::append_audit(transaction, audit);
            if (further) further(transaction, record);
        });
    } catch (const Error& error) {
        if (clash && error.kind() == Kind::exists) return false;
        throw;
    }
    return true;
}

x509::Certificate Issuer::issue_responder(const Authority& authority, const x509::Certificate& signer,
                                          const crypto::PublicKey& key, base::Duration validity) {
    const base::Time now = clock_.now();
    // The built-in profile has a name and nothing to ask about.
    Profile profile;
    profile.name = k_responder_profile;
    const IssuanceRequest request{.profile = profile, .names = {}, .public_key = key, .requester = Self{}};
    for (int attempt = 1; attempt <= k_serial_attempts; ++attempt) {
        const std::string signer_id = authority_id(signer);
        auto made = sign_or_note(
            [&] { return authority.sign_as(signer_id, approve_responder(key, signer, now, validity), random_); },
            [&](const auto& broken) { record_refusal(store_, request, now, broken); });
        store::CertificateRecord row = record_of(made, authority, request, now);
        row.issuer_id = signer_id;
        store::AuditRecord audit = audit_of(request, now, "certificate.issued");
        audit.serial = row.serial;
        if (record(row, audit, key, {})) return made;
    }
    throw Error{Kind::internal, "random serials clash again and again", "look at the machine's random source"};
}

Issued Issuer::issue_subordinate(const std::string& authority, const SubordinateRequest& request,
                                 const RootKeySource& root_key) {
    const base::Time now = clock_.now();
    const store::Layout& layout = store_.layout();
    const AuthorityFiles files = read_authority_files(layout, authority);
    const IssuerFacts facts{files.root, {files.root}, public_http_url(),
                            authority,  &weak_keys_,  known_against(store_, request.public_key)};
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.actor = "operator " + request.requester.name;
    audit.profile = k_issuing_profile;
    audit.detail = "subordinate CA " + request.subject.text();
    for (int attempt = 1;; ++attempt) {
        const auto note = [&](const std::vector<base::ErrorPart>& refusals) {
            audit.action = "certificate.refused";
            for (const auto& part : refusals) audit.detail += "; " + part.message;
            append_refusal(store_, audit);
        };
        Decision decision = decide_subordinate(request, facts, now);
        if (!decision.ok()) {
            note(decision.refusals);
            throw subordinate_error(std::move(decision.refusals));
        }
        x509::Certificate made = sign_or_note(
            [&] { return Authority::sign_by_root(layout, files, root_key, std::move(*decision.approved), random_); },
            note);
        store::CertificateRecord row = ca_record(made, files.root, authority, k_issuing_profile, now);
        audit.action = "certificate.issued";
        audit.serial = row.serial;
        const auto watch = [](store::Transaction& transaction, const store::CertificateRecord& recorded) {
            store::watch_subordinate(transaction, recorded.serial, recorded.not_after);
        };
        if (!record(row, audit, request.public_key, watch)) {
            if (attempt < k_serial_attempts) continue;
            throw Error{Kind::internal, "random serials clash again and again", "look at the machine's random source"};
        }
        return {std::move(made), {}, files.anchors(), std::move(row), std::move(decision.notes)};
    }
}

std::shared_ptr<const Authority> Issuer::authority_of(const x509::Certificate& certificate) {
    for (const std::string& name : authorities_.names()) {
        auto authority = authorities_.get(name);
        if (certificate.signed_by(authority->issuing().public_key())) return authority;
    }
    throw Error{Kind::refused, "no CA of this store issued the client certificate",
                "name the store of the CA that did, with --store"};
}

std::vector<x509::Certificate> Issuer::issue_refusal_test(const x509::Certificate& model, const crypto::PublicKey& key,
                                                          RefusalTest test, const Operator& requester) {
    const base::Time now = clock_.now();
    const auto authority = authority_of(model);
    Profile profile;
    profile.name = k_refusal_profile;
    const IssuanceRequest request{
        .profile = profile, .names = model.names(), .public_key = key, .requester = requester};
    for (int attempt = 1; attempt <= k_serial_attempts; ++attempt) {
        auto made = sign_or_note(
            [&] { return authority->sign(approve_refusal_test(model, key, authority->issuing(), now, test), random_); },
            [&](const auto& broken) { record_refusal(store_, request, now, broken); });
        const store::CertificateRecord row = record_of(made, *authority, request, now);
        store::AuditRecord audit = audit_of(request, now, "certificate.issued");
        audit.serial = row.serial;
        audit.detail = "to prove that a server refuses it";
        if (!record(row, audit, key, {})) continue;
        std::vector<x509::Certificate> chain{std::move(made)};
        for (x509::Certificate& above : authority->chain()) chain.push_back(std::move(above));
        return chain;
    }
    throw Error{Kind::internal, "random serials clash again and again", "look at the machine's random source"};
}

std::vector<base::ErrorPart> Issuer::preview(const IssuanceRequest& request) {
    const auto authority = signer_of(authorities_, request);
    return ca::preview(request, facts_of(*authority), clock_.now());
}

}  // namespace signet::ca
