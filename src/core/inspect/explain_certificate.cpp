#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "inspect/explain.h"
#include "inspect/usage_names.h"
#include "x509/extensions.h"

namespace signet::inspect {
namespace {

using base::Json;
using x509::Certificate;

constexpr std::size_t k_longest_line = 2000;  // of one line: a hundred names
constexpr char k_key_usage[] = "2.5.29.15", k_extended[] = "2.5.29.37", k_constraints[] = "2.5.29.19",
               k_alternative_names[] = "2.5.29.17", k_name_constraints[] = "2.5.29.30", k_policies[] = "2.5.29.32";

std::string shown(const std::vector<std::string>& items) {
    return base::printable(base::join(items, ", "), k_longest_line);
}

std::string marked(const Certificate& certificate, const char* oid, std::string text) {
    const auto* extension = certificate.find_extension(oid);
    if (extension != nullptr && extension->critical && !text.empty()) text += " (critical)";
    return text;
}

// All entries of the SAN: what is no identifier with its kind in front.
std::vector<std::string> alternative_names(const Certificate& certificate) {
    std::vector<std::string> names;
    for (const auto& name : certificate.general_names()) {
        if (const auto identifier = x509::to_identifier(name)) {
            names.push_back(identifier->text());
        } else if (name.kind == x509::GeneralName::Kind::directory) {
            names.push_back("dirName:" + x509::DistinguishedName::from_der(name.value).text());
        } else if (name.kind == x509::GeneralName::Kind::dns || name.kind == x509::GeneralName::Kind::uri ||
                   name.kind == x509::GeneralName::Kind::email) {
            names.push_back(std::string(x509::kind_name(name.kind)) + ":" + std::string(name.text()));
        } else {
            names.push_back(std::string(x509::kind_name(name.kind)) + ":" + base::hex_encode(name.value));
        }
    }
    return names;
}

std::vector<std::string> names_without_form(const Certificate& certificate) {
    auto names = alternative_names(certificate);
    std::vector<std::string> others;
    std::size_t at = 0;
    for (const auto& name : certificate.general_names()) {
        if (!x509::to_identifier(name)) others.push_back(names[at]);
        ++at;
    }
    return others;
}

std::string key_text(const Certificate& certificate) {
    try {
        const auto& key = certificate.public_key();
        const auto weak = crypto::weakness(key);
        return key.describe() + (weak ? ", WEAK: " + *weak : "");
    } catch (const base::Error& error) {
        return "cannot be read: " + error.message();
    }
}

std::string validity_text(const Certificate& certificate, base::Time now) {
    const auto lifetime = certificate.not_after() - certificate.not_before() + std::chrono::seconds(1);
    std::string text = base::format_time(certificate.not_before()) + " to " +
                       base::format_time(certificate.not_after()) + ", " + base::describe_duration(lifetime);
    if (now > certificate.not_after())
        return text + ": EXPIRED " + base::describe_duration(certificate.not_after() - now);
    if (now < certificate.not_before()) return text + ": not valid yet";
    return text + ": " + base::describe_duration(certificate.not_after() - now) + " left";
}

std::string constraints_text(const Certificate& certificate) {
    const auto constraints = certificate.basic_constraints();
    if (!constraints) return "";
    if (!constraints->ca) return marked(certificate, k_constraints, "no CA");
    const std::string depth = constraints->path_length
                                  ? "CA, " + std::to_string(*constraints->path_length) + " CAs below it at most"
                                  : "CA, any number of CAs below it";
    return marked(certificate, k_constraints, depth);
}

std::vector<std::string> purposes_of(const Certificate& certificate) {
    std::vector<std::string> names;
    if (const auto* purposes = certificate.extended_key_usage())
        for (const auto& oid : *purposes) names.push_back(purpose_text(oid));
    return names;
}

std::vector<std::string> subtrees_of(const std::vector<x509::GeneralName>& subtrees) {
    std::vector<std::string> texts;
    const auto known = x509::to_name_constraints({subtrees, {}});
    for (const auto& subtree : known.permitted)
        texts.push_back(std::string(x509::type_name(subtree.type)) + ":" + subtree.base);
    for (const auto& name : subtrees) {
        if (name.kind == x509::GeneralName::Kind::directory)
            texts.push_back("dirName:" + x509::DistinguishedName::from_der(name.value).text());
        else if (name.kind == x509::GeneralName::Kind::other || name.kind == x509::GeneralName::Kind::x400 ||
                 name.kind == x509::GeneralName::Kind::edi || name.kind == x509::GeneralName::Kind::registered_id)
            texts.push_back(std::string(x509::kind_name(name.kind)));
    }
    return texts;
}

std::string policy_text(const Certificate& certificate) {
    const auto& policies = certificate.policies();
    std::vector<std::string> parts = policies.oids.value_or(std::vector<std::string>{});
    for (const auto& [from, to] : policies.mappings) parts.push_back(from + " counts as " + to);
    if (policies.require_explicit) parts.push_back("one required after " + std::to_string(*policies.require_explicit));
    if (policies.inhibit_mapping) parts.push_back("no mapping after " + std::to_string(*policies.inhibit_mapping));
    if (policies.inhibit_any) parts.push_back("no anyPolicy after " + std::to_string(*policies.inhibit_any));
    return marked(certificate, k_policies, shown(parts));
}

std::string hex_of(const std::optional<base::Bytes>& bytes) { return bytes ? base::hex_encode(*bytes) : ""; }

// Marks without a value, and extensions that nothing above has told about.
std::string more_text(const Certificate& certificate) {
    std::vector<std::string> parts;
    if (certificate.no_revocation_available()) parts.emplace_back("noRevAvail");
    if (certificate.must_staple()) parts.emplace_back("must staple OCSP");
    if (certificate.ocsp_no_check()) parts.emplace_back("ocspNoCheck");
    for (const auto& extension : certificate.extensions()) {
        if (x509::find_extension_row(extension.oid) != nullptr) continue;
        const auto name = extension_name(extension.oid);
        parts.push_back((name.empty() ? "unknown" : std::string(name)) + " " + extension.oid + " (" +
                        (extension.critical ? "critical, " : "") + std::to_string(extension.value.size()) + " bytes)");
    }
    return shown(parts);
}

Json extensions_json(const Certificate& certificate) {
    Json all = Json::array();
    for (const auto& extension : certificate.extensions()) {
        const auto name = extension_name(extension.oid);
        Json one = {
            {"oid", extension.oid}, {"name", name.empty() ? Json() : Json(name)}, {"critical", extension.critical}};
        if (x509::find_extension_row(extension.oid) == nullptr) one["value_hex"] = base::hex_encode(extension.value);
        all.push_back(std::move(one));
    }
    return all;
}

Json basic_constraints_json(const Certificate& certificate) {
    const auto constraints = certificate.basic_constraints();
    if (!constraints) return nullptr;
    return {{"ca", constraints->ca},
            {"path_length", constraints->path_length ? Json(*constraints->path_length) : Json()}};
}

Json name_constraints_json(const Certificate& certificate) {
    const auto& subtrees = certificate.name_subtrees();
    if (!subtrees) return nullptr;
    return {{"permitted", subtrees_of(subtrees->permitted)}, {"excluded", subtrees_of(subtrees->excluded)}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Facts explain(const Certificate& certificate, base::Time now) {
    const auto usage = certificate.key_usage();
    const auto& subtrees = certificate.name_subtrees();
    const auto printable = [](const std::string& text) { return base::printable(text, k_longest_line); };
    return {{"names", marked(certificate, k_alternative_names, shown(alternative_names(certificate)))},
            {"subject", printable(certificate.subject().text())},
            {"issuer", certificate.self_issued() ? "itself" : printable(certificate.issuer().text())},
            {"serial", certificate.serial_hex()},
            {"valid", validity_text(certificate, now)},
            {"key", key_text(certificate)},
            {"key usage", usage ? marked(certificate, k_key_usage, shown(key_usage_names(*usage))) : ""},
            {"purposes", marked(certificate, k_extended, shown(purposes_of(certificate)))},
            {"constraints", constraints_text(certificate)},
            {"permitted names",
             subtrees ? marked(certificate, k_name_constraints, shown(subtrees_of(subtrees->permitted))) : ""},
            {"excluded names",
             subtrees ? marked(certificate, k_name_constraints, shown(subtrees_of(subtrees->excluded))) : ""},
            {"policies", policy_text(certificate)},
            {"CRL", shown(certificate.crl_urls())},
            {"OCSP", shown(certificate.ocsp_urls())},
            {"issuer at", shown(certificate.issuer_urls())},
            {"further", more_text(certificate)},
            {"subject key id", hex_of(certificate.subject_key_id())},
            {"issuer key id", hex_of(certificate.authority_key_id())},
            {"signature", certificate.signature_algorithm_text()},
            {"SHA-256", certificate.fingerprint_sha256()},
            {"key SHA-256", spki_sha256(certificate.spki_der())}};
}

Json explain_json(const Certificate& certificate, base::Time now) {
    const auto usage = certificate.key_usage();
    const auto& policies = certificate.policies();
    return {
        {"type", "certificate"},
        {"issuer", certificate.issuer().text()},
        {"self_issued", certificate.self_issued()},
        {"version", certificate.version()},
        {"days_left", days_until(certificate.not_after(), now)},
        {"other_names", names_without_form(certificate)},
        {"key_usage", usage ? Json(key_usage_names(*usage)) : Json()},
        {"extended_key_usage", certificate.extended_key_usage() != nullptr ? Json(purposes_of(certificate)) : Json()},
        {"basic_constraints", basic_constraints_json(certificate)},
        {"name_constraints", name_constraints_json(certificate)},
        {"policies", policies.oids ? Json(*policies.oids) : Json()},
        {"crl_urls", certificate.crl_urls()},
        {"ocsp_urls", certificate.ocsp_urls()},
        {"issuer_urls", certificate.issuer_urls()},
        {"no_revocation_available", certificate.no_revocation_available()},
        {"must_staple", certificate.must_staple()},
        {"ocsp_no_check", certificate.ocsp_no_check()},
        {"subject_key_id", text_or_null(hex_of(certificate.subject_key_id()))},
        {"authority_key_id", text_or_null(hex_of(certificate.authority_key_id()))},
        {"signature_algorithm", certificate.signature_algorithm_text()},
        {"fingerprint_sha1", base::hex_encode(crypto::sha1(certificate.der()))},
        {"spki_sha256", spki_sha256(certificate.spki_der())},
        {"extensions", extensions_json(certificate)}};
}

std::int64_t days_until(base::Time end, base::Time now) {
    return std::chrono::floor<std::chrono::days>(end - now).count();
}

std::string spki_sha256(base::ByteView spki) { return base::hex_encode(crypto::sha256(spki)); }

}  // namespace signet::inspect
