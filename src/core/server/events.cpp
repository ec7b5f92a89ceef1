#include "server/events.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "ca/authority_files.h"
#include "ca/expiry_limits.h"

namespace signet::server {

namespace {

using base::Json;

constexpr int k_schema = 1;

std::string time_text(std::int64_t time) { return base::format_time(base::from_unix(time)); }

/// The members that a certificate always has.
Json certificate_json(const store::CertificateRecord& record, base::Time now) {
    const bool expired = record.not_after < base::to_unix(now);
    return {{"serial", record.serial},
            {"subject", record.subject},
            {"names", record.names},
            {"ca", record.authority},
            {"profile", record.profile},
            {"not_before", time_text(record.not_before)},
            {"not_after", time_text(record.not_after)},
            {"status", record.revoked_at ? "revoked"
                       : expired         ? "expired"
                                         : "valid"},
            {"source", record.source},
            {"account", record.account ? Json(*record.account) : Json()},
            {"fingerprint_sha256", record.fingerprint},
            {"key_type", record.key_type}};
}

/// Those of one that may be no row of the inventory.
Json certificate_json(const x509::Certificate& certificate) {
    Json names = Json::array();
    for (const auto& name : certificate.names()) names.push_back(name.text());
    return {{"serial", certificate.serial_hex()},
            {"subject", certificate.subject().text()},
            {"names", std::move(names)},
            {"not_before", base::format_time(certificate.not_before())},
            {"not_after", base::format_time(certificate.not_after())},
            {"fingerprint_sha256", certificate.fingerprint_sha256()}};
}

Json begin(const std::string& id, std::string_view kind, std::int64_t at) {
    return {{"schema", k_schema}, {"id", id}, {"event", kind}, {"time", time_text(at)}};
}

store::Notification queued(const Json& json, std::string_view kind, std::string subject, std::int64_t now) {
    store::Notification notification;
    notification.event_id = json.at("id").get<std::string>();
    notification.kind = kind;
    notification.subject = std::move(subject);
    notification.body = base::dump_json(json);
    notification.created_at = now;
    notification.next_at = now;
    return notification;
}

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

void put_end(Json& json, std::string_view level, base::Time not_after, base::Time now) {
    json["level"] = level;
    json["not_after"] = base::format_time(not_after);
    json["seconds_left"] = base::to_unix(not_after) - base::to_unix(now);
}

}  // namespace

std::string_view event_kind(const store::AuditRecord& record) {
    if (record.action == "certificate.issued") return "issued";
    if (record.action == "certificate.revoked") return "revoked";
    return std::string_view(record.action).ends_with(".refused") ? "refused" : "";
}

store::Notification event_of(const store::AuditRow& row, const std::optional<store::CertificateRecord>& certificate,
                             base::Time now) {
    const auto& record = row.record;
    const auto kind = event_kind(record);
    const std::string id = std::string(kind) + "-" + std::to_string(row.id);
    Json json = begin(id, kind, record.at);
    json["actor"] = record.actor;
    json["address"] = record.address.empty() ? Json() : Json(record.address);
    json["account"] = or_null(record.account);
    json["profile"] = or_null(record.profile);
    json["names"] = record.names;
    if (kind == "refused") json["message"] = record.detail;
    if (kind == "revoked") json["reason"] = record.detail;
    if (kind != "refused") {
        json["serial"] = or_null(record.serial);
        json["certificate"] = certificate ? certificate_json(*certificate, now) : Json();
    }
    return queued(json, kind, record.serial.value_or(id), base::to_unix(now));
}

std::string_view expiry_level(base::Time not_before, base::Time not_after, base::Time now) {
    const auto limits = ca::usual_expiry_limits(not_after - not_before + std::chrono::seconds(1));
    const auto left = not_after - now;
    if (left < base::Duration::zero()) return "expired";
    if (left < limits.crit) return "critical";
    return left < limits.warn ? "warning" : "";
}

store::Notification expiring_event(const store::CertificateRecord& record, std::string_view level, base::Time now) {
    Json json = begin("expiring-" + record.serial + "-" + std::string(level), "expiring", base::to_unix(now));
    put_end(json, level, base::from_unix(record.not_after), now);
    json["names"] = record.names;
    json["serial"] = record.serial;
    json["certificate"] = certificate_json(record, now);
    return queued(json, "expiring", record.serial, base::to_unix(now));
}

store::Notification expiring_event(const x509::Certificate& certificate, const std::string& target,
                                   std::string_view level, base::Time now) {
    const std::string serial = certificate.serial_hex();
    const std::string id = certificate.fingerprint_sha256().substr(0, 16);
    Json json = begin("expiring-" + id + "-" + std::string(level), "expiring", base::to_unix(now));
    put_end(json, level, certificate.not_after(), now);
    json["certificate"] = certificate_json(certificate);
    json["names"] = json["certificate"]["names"];
    json["serial"] = serial;
    json["target"] = target;
    return queued(json, "expiring", serial, base::to_unix(now));
}

store::Notification ca_expiring_event(const std::string& authority, std::string_view role,
                                      const x509::Certificate& certificate, std::string_view level, base::Time now) {
    const std::string id = certificate.fingerprint_sha256().substr(0, 16);
    Json json = begin("ca_expiring-" + id + "-" + std::string(level), "ca_expiring", base::to_unix(now));
    put_end(json, level, certificate.not_after(), now);
    json["ca"] = authority;
    json["role"] = role;
    json["ca_id"] = ca::authority_id(certificate);
    json["certificate"] = certificate_json(certificate);
    return queued(json, "ca_expiring", certificate.serial_hex(), base::to_unix(now));
}

}  // namespace signet::server
