#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace signet::cli {

using base::Json;

Json certificate_json(const store::CertificateRecord& record, base::Time now) {
    const auto expired = record.not_after < base::to_unix(now);
    return {
        {"serial", record.serial},
        {"subject", record.subject},
        {"names", record.names},
        {"ca", record.authority},
        {"profile", record.profile},
        {"not_before", base::format_time(base::from_unix(record.not_before))},
        {"not_after", base::format_time(base::from_unix(record.not_after))},
        {"status", record.revoked_at ? "revoked"
                   : expired         ? "expired"
                                     : "valid"},
        {"source", record.source},
        {"account", record.account ? Json(*record.account) : Json()},
        {"fingerprint_sha256", record.fingerprint},
        {"key_type", record.key_type},
    };
}

namespace {

/// null for a key that cannot be read, so that a report can still show the certificate.
Json key_type(const x509::Certificate& certificate) {
    try {
        return certificate.public_key().describe();
    } catch (const base::Error&) {
        return nullptr;
    }
}

}  // namespace

Json certificate_json(const x509::Certificate& certificate, base::Time now) {
    Json names = Json::array();
    for (const auto& name : certificate.names()) names.push_back(name.text());
    return {
        {"serial", certificate.serial_hex()},
        {"subject", certificate.subject().text()},
        {"names", std::move(names)},
        {"ca", nullptr},
        {"profile", nullptr},
        {"not_before", base::format_time(certificate.not_before())},
        {"not_after", base::format_time(certificate.not_after())},
        {"status", certificate.not_after() < now ? "expired" : "valid"},
        {"source", nullptr},
        {"account", nullptr},
        {"fingerprint_sha256", certificate.fingerprint_sha256()},
        {"key_type", key_type(certificate)},
    };
}

}  // namespace signet::cli
