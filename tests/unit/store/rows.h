#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "store/authorizations.h"
#include "store/orders.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::test {

inline store::CertificateRecord sample_certificate(const std::string& serial, std::int64_t not_after = 90'000) {
    store::CertificateRecord record{};
    record.serial = serial;
    record.der = base::Bytes(700, 0x30);
    record.issuer_id = "00112233";
    record.authority = "default";
    record.profile = "default";
    record.subject = "CN=worker";
    record.names = {"worker-1.internal", "10.0.0.7"};
    record.not_before = 1'000;
    record.not_after = not_after;
    record.source = "cli";
    record.fingerprint = "f0" + serial;
    record.key_type = "ec-p256";
    record.issued_at = 1'060;
    return record;
}

inline store::ChallengeRecord sample_challenge(const std::string& authorization,
                                               store::ChallengeStatus status = store::ChallengeStatus::pending,
                                               const std::string& type = "http-01") {
    store::ChallengeRecord record{};
    record.id = authorization + "-" + type;
    record.authorization = authorization;
    record.type = type;
    record.token = "token-of-" + authorization;
    record.status = status;
    return record;
}

inline store::AuthorizationRecord sample_authorization(
    const std::string& id, const std::string& name,
    store::AuthorizationStatus status = store::AuthorizationStatus::pending,
    store::ChallengeStatus challenge = store::ChallengeStatus::pending) {
    return {id,
            "acct1",
            x509::Identifier::parse(name),
            false,
            status,
            status == store::AuthorizationStatus::valid ? "trust" : "",
            1'000,
            9'000,
            {sample_challenge(id, challenge), sample_challenge(id, store::ChallengeStatus::pending, "dns-01")}};
}

inline store::OrderRecord sample_order(const std::string& id, std::vector<std::pair<std::string, std::string>> names,
                                       store::OrderStatus status = store::OrderStatus::pending,
                                       std::int64_t created_at = 1'000) {
    store::OrderRecord record{};
    record.id = id;
    record.account = "acct1";
    record.profile = "default";
    record.status = status;
    record.created_at = created_at;
    record.expires_at = created_at + 8'000;
    for (const auto& [name, authorization] : names) {
        record.identifiers.push_back(x509::Identifier::parse(name));
        record.authorizations.push_back(authorization);
    }
    return record;
}

inline constexpr store::OrderStatus k_order_states[] = {store::OrderStatus::pending, store::OrderStatus::ready,
                                                        store::OrderStatus::processing, store::OrderStatus::valid,
                                                        store::OrderStatus::invalid};
inline constexpr store::AuthorizationStatus k_authorization_states[] = {
    store::AuthorizationStatus::pending,     store::AuthorizationStatus::valid,   store::AuthorizationStatus::invalid,
    store::AuthorizationStatus::deactivated, store::AuthorizationStatus::expired, store::AuthorizationStatus::revoked};
inline constexpr store::ChallengeStatus k_challenge_states[] = {
    store::ChallengeStatus::pending, store::ChallengeStatus::processing, store::ChallengeStatus::valid,
    store::ChallengeStatus::invalid};

inline store::OrderStatus status_of_order(store::Store& store, const std::string& id) {
    return store.query([&](store::Transaction& t) { return store::find_order(t, id).value().status; });
}
inline store::AuthorizationStatus status_of_authorization(store::Store& store, const std::string& id) {
    return store.query([&](store::Transaction& t) { return store::find_authorization(t, id).value().status; });
}
inline store::ChallengeStatus status_of_challenge(store::Store& store, const std::string& id) {
    return store.query([&](store::Transaction& t) { return store::find_challenge(t, id).value().status; });
}

/// The kind of the error that `work` throws; nullopt when it throws none.
template <class F>
std::optional<base::Kind> kind_of(F work) {
    try {
        work();
        return std::nullopt;
    } catch (const base::Error& error) {
        return error.kind();
    }
}

/// What SQLite itself says of the whole file.
inline std::string integrity(store::Store& store) {
    return store.query([](store::Transaction& t) {
        auto row = t.query("PRAGMA integrity_check");
        return row->step() ? row->text(0) : std::string("no answer");
    });
}

inline std::int64_t count_rows(store::Store& store, const std::string& table) {
    return store.query([&](store::Transaction& t) {
        auto row = t.query("SELECT count(*) FROM " + table);
        row->step();
        return row->integer(0);
    });
}

}  // namespace signet::test
