#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "inspect/explain.h"
#include "store/certificates.h"
#include "store/inventory.h"
#include "store/store.h"
#include "x509/pem.h"
#include "x509/revocation_reason.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Json;
using base::Kind;
using store::CertificateRecord;

constexpr std::size_t k_largest_file = 128 << 20;  // a CRL of three million entries
constexpr std::size_t k_largest_password = 4096;
constexpr std::size_t k_fingerprint_digits = 64;
constexpr std::size_t k_longest_serial = 80;  // digits: twice what RFC 5280 allows

struct Words {
    std::string target;
    bool pem = false;
    std::optional<base::Path> p12_password_file;
};

/// The file that the word names: itself, or tls.crt of a certificate's directory. nullopt when there is none.
std::optional<base::Path> file_of(const std::string& target) {
    std::error_code ignored;
    if (std::filesystem::is_directory(target, ignored)) return base::Path(target) / "tls.crt";
    if (base::file_facts(target)) return base::Path(target);
    return std::nullopt;
}

std::optional<base::Secret> password_of(const Words& words) {
    if (!words.p12_password_file) return std::nullopt;
    std::string text = read_input(*words.p12_password_file, k_largest_password);
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return base::Secret(std::move(text));
}

/// What the store of this machine knows of it, where there is one that we may read.
std::optional<CertificateRecord> known(const Context& context, const x509::Certificate& certificate) {
    try {
        if (!base::file_facts(store::Layout(context.store()).database())) return std::nullopt;
        const auto store = store::Store::open(context.store());
        auto record = store->query([&](store::Transaction& transaction) {
            return store::find_certificate(transaction, certificate.serial_hex());
        });
        if (record && record->der == certificate.der()) return record;
    } catch (const Error&) {
        // a file is explained without a store too
    }
    return std::nullopt;
}

// Openssl leaves out zero octets in front, which belong to the number as it stands.
std::vector<std::string> spellings(const std::string& serial) {
    std::string_view bare = serial;
    while (bare.starts_with("00") && bare.size() > 2) bare.remove_prefix(2);
    return {serial, std::string(bare), "00" + std::string(bare)};
}

std::optional<std::string> hex_of(std::string target) {
    if (base::lower(target).starts_with("0x")) target.erase(0, 2);
    if (target.size() % 2 == 1 && target.find(':') == std::string::npos) target.insert(0, "0");
    const auto octets = base::hex_decode(target);
    if (!octets || octets->empty()) return std::nullopt;
    auto digits = base::hex_encode(*octets);
    return digits.size() <= k_longest_serial ? std::optional(std::move(digits)) : std::nullopt;
}

std::optional<CertificateRecord> look_up(store::Transaction& transaction, const std::string& digits) {
    if (digits.size() == k_fingerprint_digits) return store::find_by_fingerprint(transaction, digits);
    for (const auto& serial : spellings(digits))
        if (auto record = store::find_certificate(transaction, serial)) return record;
    return std::nullopt;
}

CertificateRecord find(const Context& context, const std::string& target) {
    const auto digits = hex_of(target);
    if (!digits) {
        throw Error{Kind::bad_input, "there is no file '" + base::printable(target) + "', and it is no serial number",
                    "give a file, a serial number in hex, or a SHA-256 fingerprint"};
    }
    const auto store = store::Store::open(context.store());
    auto record = store->query([&](store::Transaction& transaction) { return look_up(transaction, *digits); });
    if (record) return std::move(*record);
    const bool fingerprint = digits->size() == k_fingerprint_digits;
    throw Error{Kind::not_found,
                "no certificate with the " + std::string(fingerprint ? "fingerprint " : "serial number ") + *digits +
                    " is in the inventory of " + context.store().string(),
                "look for it with 'signet list --name PATTERN', or name another --store"};
}

std::string time_text(std::int64_t seconds) { return base::format_time(base::from_unix(seconds)); }

inspect::Facts facts_of(const CertificateRecord& record) {
    const std::string reason(record.revocation_reason ? x509::revocation_reason_name(*record.revocation_reason) : "");
    return {{"revoked", record.revoked_at ? time_text(*record.revoked_at) + (reason.empty() ? "" : ", " + reason) : ""},
            {"issued", time_text(record.issued_at) + " by CA " + record.authority + ", profile " + record.profile +
                           ", " + record.source},
            {"account", record.account.value_or("")},
            {"replaced by", record.replaced_by.value_or("")}};
}

Json json_of(const CertificateRecord& record, base::Time now) {
    Json json = certificate_json(record, now);
    json["issued_at"] = time_text(record.issued_at);
    json["revoked_at"] = record.revoked_at ? Json(time_text(*record.revoked_at)) : Json();
    json["reason"] = record.revocation_reason ? Json(x509::revocation_reason_name(*record.revocation_reason)) : Json();
    json["replaced_by"] = record.replaced_by ? Json(*record.replaced_by) : Json();
    return json;
}

// One thing with what the store knows of it.
struct Shown {
    inspect::Thing thing;
    std::optional<CertificateRecord> record = {};
};

Json json_of(const Shown& shown, base::Time now) {
    const auto* certificate = std::get_if<x509::Certificate>(&shown.thing);
    if (certificate == nullptr) return inspect::explain_json(shown.thing, now);
    Json json{{"type", "certificate"}};
    json.update(shown.record ? json_of(*shown.record, now) : certificate_json(*certificate, now));
    json.update(inspect::explain_json(*certificate, now));
    return json;
}

// The first certificate is what is asked about; what else a file holds stands beside it.
void print_json(Context& context, const std::vector<Shown>& all, base::Time now) {
    const auto is_certificate = [](const Shown& one) { return std::holds_alternative<x509::Certificate>(one.thing); };
    auto head = std::ranges::find_if(all, is_certificate);
    if (head == all.end()) head = all.begin();
    Json json = json_of(*head, now);
    if (all.size() > 1) {
        Json others = Json::array();
        for (auto one = all.begin(); one != all.end(); ++one)
            if (one != head) others.push_back(json_of(*one, now));
        json["others"] = std::move(others);
    }
    context.out.document(json);
}

void print_text(Context& context, const std::vector<Shown>& all, base::Time now) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i > 0) context.out.line("");
        std::string title(inspect::type_of(all[i].thing));
        if (all.size() > 1) title += " (" + std::to_string(i + 1) + " of " + std::to_string(all.size()) + ")";
        context.out.line(context.out.paint(Colour::bold, title));
        auto facts = inspect::explain(all[i].thing, now);
        if (all[i].record) {
            const auto more = facts_of(*all[i].record);
            facts.insert(facts.end(), more.begin(), more.end());
        }
        context.out.facts(facts);
    }
}

void print_pem(Context& context, const std::vector<Shown>& all) {
    std::string text;
    for (const auto& one : all) text += inspect::public_pem(one.thing);
    if (text.empty())
        throw Error{Kind::refused, "there is nothing public in an encrypted key", "open it with its passphrase first"};
    context.out.text(text);
}

std::vector<Shown> read(const Context& context, const Words& words) {
    std::vector<Shown> all;
    if (const auto file = file_of(words.target)) {
        const auto password = password_of(words);
        const base::Secret contents(base::read_file(*file, k_largest_file));
        for (auto& thing : inspect::read_things(contents, file->string(), password ? &*password : nullptr)) {
            std::optional<CertificateRecord> record;
            if (const auto* certificate = std::get_if<x509::Certificate>(&thing)) record = known(context, *certificate);
            all.push_back({std::move(thing), std::move(record)});
        }
        return all;
    }
    auto record = find(context, words.target);
    if (record.der.empty()) {
        throw Error{Kind::not_found,
                    "of the certificate " + record.serial + " no more is known than that it was revoked at " +
                        base::format_time(base::from_unix(record.revoked_at.value_or(record.issued_at))) +
                        ": it came after the backup that this store was restored from",
                    "see its entry with: signet audit --serial " + record.serial};
    }
    all.push_back({x509::Certificate::from_der(record.der), std::move(record)});
    return all;
}

int run(Context& context, const Words& words) {
    if (words.pem && context.out.json()) throw Error{Kind::usage, "--json and --pem exclude each other"};
    const auto all = read(context, words);
    const base::Time now = context.seams.clock.now();
    if (context.out.json())
        print_json(context, all, now);
    else if (words.pem)
        print_pem(context, all);
    else
        print_text(context, all, now);
    return k_exit_done;
}

constexpr char k_description[] =
    "A SERIAL (hex, in any case, with or without colons) or the SHA-256 fingerprint of a certificate finds it in the "
    "inventory of this store. A FILE is told by its content, PEM or DER: certificates, a certificate request, a CRL, "
    "an OCSP response, a private or public key (of a private one the public half is shown), PKCS#12. A directory "
    "stands for its tls.crt. A file wins over a serial number of the same name. Certificates that this store issued "
    "are shown with what it knows of them.\n\n"
    "With --json a certificate has the members that it always has (see list) and type, issuer, self_issued, version, "
    "days_left, other_names[], key_usage[], extended_key_usage[], basic_constraints (ca, path_length), "
    "name_constraints (permitted[], excluded[]), policies[], crl_urls[], ocsp_urls[], issuer_urls[], "
    "no_revocation_available, must_staple, ocsp_no_check, subject_key_id, authority_key_id, signature_algorithm, "
    "fingerprint_sha1, spki_sha256 and extensions[] (oid, name, critical, and value_hex of those that signet does not "
    "read); one of the inventory also issued_at, revoked_at, reason and replaced_by. A request has subject, names[], "
    "other_names[], key_type, weakness and spki_sha256, a key the last three. A CRL has issuer, number, this_update, "
    "next_update, overdue, unusable (why no certificate can be looked up in it), authority_key_id, fingerprint_sha256, "
    "entries (how many) and revoked[] (serial, revoked_at, reason; the first thousand). An OCSP response has "
    "response_status, responder, produced_at, nonce, signature_algorithm and answers[] (serial, status, revoked_at, "
    "reason, this_update, next_update, overdue). Of a file with more than one "
    "thing the first certificate is the document, and others[] has the rest.";

}  // namespace

Command show_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "show",
        .summary = "explain a certificate, or any file",
        .description = k_description,
        .arguments = {{.label = "SERIAL|FILE",
                       .text = "a serial number or fingerprint of the inventory, or a file",
                       .target = &words->target,
                       .required = true,
                       .complete = Complete::file}},
        .options = {{.name = "pem", .text = "print it as PEM, of a private key the public half", .target = &words->pem},
                    {.name = "p12-password-file",
                     .label = "F",
                     .text = "the file that holds the password of PKCS#12",
                     .target = &words->p12_password_file,
                     .complete = Complete::file}},
        .examples = {{"signet show 5A:03:9F:77:10:2C:88:41:0E:66:D2:B0:17:F3:4C:91:AB",
                      "who got it, when, by which profile?"},
                     {"signet show tls.crt --json | jq .days_left", ""},
                     {"signet show keystore.p12 --p12-password-file pass", "what is in there?"}},
        .exit_codes = {{k_exit_done, "shown"},
                       {k_exit_refused, "the password is wrong"},
                       {k_exit_usage, "no such file, or one that holds nothing of this"},
                       {k_exit_environment, "no such serial number in the inventory, or no store"}},
        .see_also = {"list", "verify", "status"},
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
