#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ca/ceremony_directory.h"
#include "ca/generations.h"
#include "ca/inventory.h"
#include "ca/revocation.h"
#include "ca/rotation.h"
#include "ca/successors.h"
#include "crypto/pkcs11.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "x509/csr.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using base::Path;

constexpr int k_revocations_at_once = 500;

/// A certificate in the making, with what the inventory says of it.
struct Signed {
    x509::Certificate certificate, issuer;
    std::string profile;
};

/// What a rotation puts in place.
struct NextGeneration {
    std::optional<NewCa> root, issuing;
    std::vector<x509::Certificate> cross;
    std::vector<Signed> all;
    std::vector<std::string> notes;
};

struct Ceremony {
    store::Store& store;
    const store::Layout& layout;
    const RotateRequest& request;
    base::Time now;
    base::Random& random;
    AuthorityFiles files;
};

void check_request(const RotateRequest& request) {
    store::check_plain_name(request.name, "a CA");
    if (request.compromised && !request.root)
        throw Error{Kind::usage, "--compromised is about a root",
                    "add --root; for an issuing CA: ca rotate, then revoke its certificate: signet-emergency(7)"};
    if (request.root_key_out && !request.root)
        throw Error{Kind::usage, "--root-key-out is for a new root", "add --root, or leave it out"};
}

/// In the store, or named: then what is wrong with it is said.
bool has_root_key(const Ceremony& ceremony) {
    return ceremony.request.root_key.file || base::file_facts(ceremony.layout.root_key(ceremony.files.name));
}

/// Made where the present one is: in its token, or in memory for a file of the store.
crypto::PrivateKey make_key(const Ceremony& ceremony, const std::string& what, const x509::Certificate& before) {
    constexpr std::size_t k_key_limit = 64 << 10;
    const Path file = before == ceremony.files.root ? ceremony.layout.root_key(ceremony.files.name)
                                                    : ceremony.layout.issuing_key(ceremony.files.name);
    KeyPlace place{std::nullopt, ceremony.request.passphrase};
    const auto facts = base::file_facts(file);
    if (facts && !(what == "root" && ceremony.request.root_key_out)) {
        const base::Secret text(base::read_file(file, k_key_limit));
        if (crypto::is_pkcs11_uri(text.reveal())) place.token = std::string(base::trim(text.reveal()));
    }
    const std::size_t number = 2 + ceremony.files.former_issuing.size() + ceremony.files.former_roots.size();
    return new_key(place, next_key_type(before),
                   "signet " + ceremony.files.name + " " + what + " " + std::to_string(number));
}

/// The keys of the next generation; what was made in a token is removed there again unless it is kept.
struct Keys {
    std::optional<crypto::PrivateKey> root, issuing;
    mutable std::optional<FreshKey> fresh_root{}, fresh_issuing{};

    explicit Keys(const Ceremony& ceremony) {
        const bool root_signs = !ceremony.files.issuing;
        // Without the root's key there is one that goes with the request, and it is made there.
        if (!ceremony.request.root && !has_root_key(ceremony)) return;
        if (ceremony.request.root) fresh_root.emplace(root.emplace(make_key(ceremony, "root", ceremony.files.root)));
        if (!root_signs) fresh_issuing.emplace(issuing.emplace(make_key(ceremony, "issuing", ceremony.files.signer())));
    }
    void keep() const {
        if (fresh_root) fresh_root->keep();
        if (fresh_issuing) fresh_issuing->keep();
    }
};

/// A passphrase that was typed is not at hand for the new keys, and they are no less worth than the old ones.
void check_passphrase(const Ceremony& ceremony) {
    constexpr std::size_t k_key_limit = 64 << 10;
    const Path key = ceremony.files.issuing ? ceremony.layout.issuing_key(ceremony.files.name)
                                            : ceremony.layout.root_key(ceremony.files.name);
    const base::Secret pem(base::read_file(key, k_key_limit));
    if (!ceremony.request.passphrase && pem.reveal().find("BEGIN ENCRYPTED") != std::string_view::npos)
        throw Error{Kind::bad_input, "the keys of the CA '" + ceremony.files.name + "' are encrypted",
                    "name their passphrase with --passphrase-file: the new keys are put under it too"};
}

x509::Certificate sign_issuing(const Ceremony& ceremony, const SubordinateRequest& wish, const x509::Certificate& root,
                               NextGeneration& next) {
    const IssuerFacts facts{root, {root}, ceremony.request.public_http_url, ceremony.files.name};
    Decision decision = decide_subordinate(wish, facts, ceremony.now);
    if (!decision.ok()) {
        const auto& first = decision.refusals.front();
        throw Error{first.kind, first.message, first.remedy, decision.refusals};
    }
    next.notes.insert(next.notes.end(), decision.notes.begin(), decision.notes.end());
    if (next.root) return Authority::sign_with(next.root->key, root, std::move(*decision.approved), ceremony.random);
    return Authority::sign_by_root(ceremony.layout, ceremony.files, ceremony.request.root_key,
                                   std::move(*decision.approved), ceremony.random);
}

void make_issuing(const Ceremony& ceremony, const crypto::PrivateKey& key, NextGeneration& next) {
    const x509::Certificate& root = next.root ? next.root->certificate : ceremony.files.root;
    SubordinateRequest wish = next_issuing(ceremony.files, key.public_key(), root, ceremony.now);
    // A CRL that nobody here can sign must not be asked for.
    wish.revocation = next.root ? !ceremony.request.root_key_out
                                : base::file_facts(ceremony.layout.root_key(ceremony.files.name)).has_value();
    auto certificate = sign_issuing(ceremony, wish, root, next);
    if (certificate.not_after() == root.not_after())
        next.notes.push_back("the new issuing CA ends with its root, at " + base::format_time(root.not_after()) +
                             ": signet ca rotate --root makes a new one");
    next.all.push_back({certificate, root, k_issuing_profile});
    next.issuing.emplace(NewCa{key, std::move(certificate)});
}

/// Both ways, so that whoever has but one of the two anchors accepts what hangs on the other.
void make_cross(const Ceremony& ceremony, NextGeneration& next) {
    const x509::Certificate& older = ceremony.files.root;
    const NewCa& newer = *next.root;
    const auto limits = older.basic_constraints();
    if (limits && limits->path_length && *limits->path_length < (ceremony.files.issuing ? 2 : 1))
        throw Error{Kind::refused,
                    "the root allows " + std::to_string(*limits->path_length) +
                        " CAs below it: too few for a cross-certificate",
                    "let peers have both roots first: signet ca trust add"};
    const std::string& url = ceremony.request.public_http_url;
    const bool old_key_here = base::file_facts(ceremony.layout.root_key(ceremony.files.name)).has_value();
    auto by_older = Authority::sign_by_root(
        ceremony.layout, ceremony.files, ceremony.request.root_key,
        approve_cross(newer.certificate, older, {older, {older}, url, ceremony.files.name}, old_key_here),
        ceremony.random);
    auto by_newer = Authority::sign_with(
        newer.key, newer.certificate,
        approve_cross(older, older, {newer.certificate, {newer.certificate}, url, ceremony.files.name},
                      !ceremony.request.root_key_out),
        ceremony.random);
    next.all.push_back({by_older, older, k_cross_profile});
    next.all.push_back({by_newer, newer.certificate, k_cross_profile});
    next.cross = {std::move(by_older), std::move(by_newer)};
}

/// What is signed exists for others only once it is recorded; in the same transaction, so that the log misses nothing.
void record(const Ceremony& ceremony, const NextGeneration& next) {
    store::AuditRecord audit{};
    audit.at = base::to_unix(ceremony.now);
    audit.action = "ca.rotated";
    audit.actor = ceremony.request.actor;
    audit.serial = next.all.back().certificate.serial_hex();
    audit.detail = "CA '" + ceremony.files.name + "'" + (ceremony.request.compromised ? ", compromised" : "") + ":";
    for (const Signed& made : next.all) {
        audit.detail += " " + made.profile + " " + authority_id(made.certificate) + " " +
                        made.certificate.subject().text() + " by " + authority_id(made.issuer) + ";";
        if (made.profile == k_issuing_profile) audit.serial = made.certificate.serial_hex();
    }
    audit.detail.pop_back();
    ceremony.store.write([&](store::Transaction& transaction) {
        for (const Signed& made : next.all)
            store::insert_certificate(
                transaction, ca_record(made.certificate, made.issuer, ceremony.files.name, made.profile, ceremony.now));
        store::append_audit(transaction, audit);
    });
}

void write_issuing(const Ceremony& ceremony, const NextGeneration& next, DirectoryChange& change) {
    const auto& [layout, name] = std::tie(ceremony.layout, ceremony.files.name);
    const std::string id = authority_id(ceremony.files.signer());
    change.move(layout.issuing_certificate(name), layout.former(name, "issuing", id, "crt"));
    change.move(layout.issuing_key(name), layout.former(name, "issuing", id, "key"));
    change.write_key(layout.issuing_key(name), next.issuing->key, ceremony.request.passphrase.get());
    change.write_certificates(layout.issuing_certificate(name), {next.issuing->certificate});
    change.remove(layout.issuing_request(name));  // one that still waited is overtaken
    change.remove(layout.next_key(name));
}

void write_root(const Ceremony& ceremony, const NextGeneration& next, DirectoryChange& change) {
    const auto& [layout, name] = std::tie(ceremony.layout, ceremony.files.name);
    const std::string id = authority_id(ceremony.files.root);
    change.move(layout.root_certificate(name), layout.former(name, "root", id, "crt"));
    change.move(layout.root_key(name), layout.former(name, "root", id, "key"));
    if (!ceremony.request.root_key_out)
        change.write_key(layout.root_key(name), next.root->key, ceremony.request.passphrase.get());
    change.write_certificates(layout.root_certificate(name), {next.root->certificate});
    if (ceremony.request.compromised) {
        // Whoever has the key of this root can use what older ones have signed for it.
        change.write_text(layout.former(name, "root", id, "compromised"), "");
        for (const FormerCa& former : ceremony.files.former_roots)
            change.write_text(layout.former(name, "root", former.id, "compromised"), "");
    }
    for (const x509::Certificate& made : next.cross) {
        std::vector<x509::Certificate> of_this_key{made};
        for (const x509::Certificate& other : ceremony.files.cross)
            if (authority_id(other) == authority_id(made)) of_this_key.push_back(other);
        change.write_certificates(layout.former(name, "cross", authority_id(made), "crt"), of_this_key);
    }
}

/// Without the root's key: a key and a request, which `ca import` completes.
RotateResult ask_for_certificate(const Ceremony& ceremony) {
    const auto& [layout, name] = std::tie(ceremony.layout, ceremony.files.name);
    RotateResult result{Rotated::waiting, layout.issuing_request(name), 0, {}};
    if (rotation_waits(layout, name)) return result;
    const crypto::PrivateKey key = make_key(ceremony, "issuing", ceremony.files.signer());
    FreshKey fresh(key);
    const auto wish = next_issuing(ceremony.files, key.public_key(), ceremony.files.root, ceremony.now);
    const base::Bytes csr = x509::build_ca_csr(key, wish.subject, wish.constraints);
    store::AuditRecord audit{};
    audit.at = base::to_unix(ceremony.now);
    audit.action = "ca.requested";
    audit.actor = ceremony.request.actor;
    audit.detail = "CA '" + name + "': a key and a request for " + wish.subject.text();
    ceremony.store.write([&](store::Transaction& transaction) { store::append_audit(transaction, audit); });
    DirectoryChange change(layout, name);
    change.write_key(layout.next_key(name), key, ceremony.request.passphrase.get());
    change.write_text(layout.issuing_request(name), x509::encode_pem("CERTIFICATE REQUEST", csr));
    change.commit();
    fresh.keep();
    return result;
}

/// Ids of the CAs below compromised roots, and of these.
std::vector<std::string> compromised_ids(const AuthorityFiles& files) {
    std::vector<std::string> ids;
    for (const FormerCa& root : files.former_roots)
        if (root.compromised) ids.push_back(root.id);
    for (const FormerCa& issuing : files.former_issuing) {
        const FormerCa* root = files.former_root_of(issuing);
        if (root != nullptr && root->compromised) ids.push_back(issuing.id);
    }
    return ids;
}

bool own_root(const AuthorityFiles& files, const std::string& serial) {
    return std::any_of(files.former_roots.begin(), files.former_roots.end(),
                       [&](const FormerCa& root) { return root.certificate.serial_hex() == serial; });
}

std::int64_t revoke_step(const Ceremony& ceremony, const std::string& id, store::LivingPlace& place, bool& more) {
    std::int64_t revoked = 0;
    store::LivingPlace next;
    ceremony.store.write([&](store::Transaction& transaction) {
        next = place;
        const auto rows =
            store::living_after(transaction, id, base::to_unix(ceremony.now), next, k_revocations_at_once);
        more = rows.size() == k_revocations_at_once;
        revoked = 0;
        for (const auto& row : rows) {
            if (row.profile == k_responder_profile || own_root(ceremony.files, row.serial)) continue;
            const auto now = base::to_unix(ceremony.now);
            if (!store::revoke_certificate(transaction, row.serial, {now, k_ca_compromise, now})) continue;
            store::AuditRecord entry{};
            entry.at = base::to_unix(ceremony.now);
            entry.action = "certificate.revoked";
            entry.actor = ceremony.request.actor;
            entry.serial = row.serial;
            entry.account = row.account;
            entry.profile = row.profile;
            entry.names = row.names;
            entry.detail = "cACompromise";
            store::append_audit(transaction, entry);
            ++revoked;
        }
    });
    place = next;
    return revoked;
}

std::int64_t revoke_below(const Ceremony& ceremony) {
    std::int64_t revoked = 0;
    for (const std::string& id : compromised_ids(ceremony.files)) {
        store::LivingPlace place;
        for (bool more = true; more;) revoked += revoke_step(ceremony, id, place, more);
    }
    return revoked;
}

NextGeneration make_next(const Ceremony& ceremony, const Keys& keys) {
    NextGeneration next;
    if (keys.root) {
        next.root.emplace(make_next_root(ceremony.files, *keys.root, ceremony.now, ceremony.random));
        next.all.push_back({next.root->certificate, next.root->certificate, "root"});
        if (!ceremony.request.compromised) make_cross(ceremony, next);
    }
    if (keys.issuing) make_issuing(ceremony, *keys.issuing, next);
    return next;
}

/// What policy or the lint before a signature refuses is on record like any other refusal.
NextGeneration make_or_note(const Ceremony& ceremony, const Keys& keys) {
    try {
        return make_next(ceremony, keys);
    } catch (const Error& error) {
        if (error.kind() != Kind::refused || error.parts().empty()) throw;
        store::AuditRecord audit{};
        audit.at = base::to_unix(ceremony.now);
        audit.action = "certificate.refused";
        audit.actor = ceremony.request.actor;
        audit.profile = k_issuing_profile;
        audit.detail = "CA '" + ceremony.files.name + "'";
        for (const auto& part : error.parts()) audit.detail += "; " + part.message;
        append_refusal(ceremony.store, audit);
        throw;
    }
}

void put_in_place(const Ceremony& ceremony, const NextGeneration& next) {
    DirectoryChange change(ceremony.layout, ceremony.files.name);
    if (next.issuing) write_issuing(ceremony, next, change);
    if (next.root) write_root(ceremony, next, change);
    std::optional<KeyElsewhere> elsewhere;
    if (next.root) elsewhere.emplace(ceremony.request.root_key_out, next.root->key, ceremony.request.passphrase.get());
    record(ceremony, next);
    change.commit();
    if (elsewhere) elsewhere->keep();
}

}  // namespace

RotateResult rotate_authority(store::Store& store, const RotateRequest& request, base::Clock& clock,
                              base::Random& random) {
    check_request(request);
    const store::Layout& layout = store.layout();
    AuthorityFiles files = read_authority_files(layout, request.name);
    if (!request.root && !files.issuing)
        throw Error{Kind::refused, "the root of the CA '" + request.name + "' signs leafs itself",
                    "signet ca rotate --root"};
    // Keys are made before the lock is taken: RSA keys take seconds, and others wait for ten at most.
    Ceremony ceremony{store, layout, request, clock.now(), random, std::move(files)};
    const Keys keys(ceremony);
    const base::FileLock lock = store.lock("ca-" + request.name);
    ceremony.files = read_authority_files(layout, request.name);
    check_passphrase(ceremony);
    check_issuing_key(layout, ceremony.files, request.root_key.keys);
    if (request.compromised) {
        const std::int64_t left = revoke_below(ceremony);  // of a run that was killed
        if (left > 0) return {Rotated::completed, {}, left, {}};
    }
    if (!request.root && !keys.issuing) return ask_for_certificate(ceremony);
    NextGeneration next = make_or_note(ceremony, keys);
    put_in_place(ceremony, next);
    keys.keep();
    RotateResult result{Rotated::done, {}, 0, std::move(next.notes)};
    if (!request.compromised) return result;
    ceremony.files = read_authority_files(layout, request.name);
    result.revoked = revoke_below(ceremony);
    return result;
}

}  // namespace signet::ca
