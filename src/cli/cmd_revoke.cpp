#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/revocation.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/tell_events.h"
#include "store/certificates.h"
#include "x509/pem.h"
#include "x509/revocation_reason.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_file = 4 << 20;  // what verify reads too
constexpr int k_remove_from_crl = 8;

struct Words {
    std::string target;
    std::string reason = "unspecified";
};

int parse_reason(const std::string& text) {
    const auto reason = x509::parse_revocation_reason(text);
    if (reason && *reason != k_remove_from_crl) return *reason;
    std::vector<std::string> names;
    for (int code = 0; code <= 10; ++code) {
        const auto name = x509::revocation_reason_name(code);
        if (!name.empty() && code != k_remove_from_crl) names.emplace_back(name);
    }
    throw Error{Kind::usage, "'" + base::printable(text) + "' is no reason for a revocation",
                "use one of: " + base::join(names, ", ")};
}

/// The file that the word names: itself, or tls.crt of a saved certificate's directory. nullopt when there is none.
std::optional<base::Path> file_of(const std::string& target) {
    std::error_code ignored;
    if (std::filesystem::is_directory(target, ignored)) return base::Path(target) / "tls.crt";
    if (base::file_facts(target)) return base::Path(target);
    return std::nullopt;
}

Error not_issued(const std::string& what) {
    return {Kind::bad_input, what + " was not issued by a CA of this store",
            "look for its serial number in the store that issued it, named by --store"};
}

store::CertificateRecord find(store::Store& store, const std::string& target) {
    const auto look_up = [&](const std::string& serial) {
        return store.query(
            [&](store::Transaction& transaction) { return store::find_certificate(transaction, serial); });
    };
    if (const auto file = file_of(target)) {
        const auto leaf = x509::parse_certificate_file(base::read_file(*file, k_largest_file), file->string()).front();
        auto record = look_up(leaf.serial_hex());
        if (!record || record->der != leaf.der()) throw not_issued(file->string());
        return std::move(*record);
    }
    const auto serial = base::hex_decode(target);
    if (!serial || serial->empty())
        throw Error{Kind::bad_input, "'" + base::printable(target) + "' is neither a serial number nor a file",
                    "give the serial in hex, or the file of the certificate"};
    auto record = look_up(base::hex_encode(*serial));
    if (!record) throw not_issued("a certificate " + base::hex_encode(*serial));
    return std::move(*record);
}

void check_revocable(const store::CertificateRecord& record) {
    if (record.profile == "root")
        throw Error{Kind::refused, "nobody looks for the revocation of a root: it is its own issuer",
                    "take it out of the trust stores"};
    if (record.revoked_at)
        throw Error{Kind::already_revoked,
                    "the certificate " + record.serial + " was revoked at " +
                        base::format_time(base::from_unix(*record.revoked_at)) + " already",
                    "nothing is left to do; signet crl publishes it"};
}

int run(Context& context, const Words& words) {
    const int reason = parse_reason(words.reason);
    const auto store = store::Store::open(context.store());
    expect_events(context, *store);
    auto record = find(*store, words.target);
    check_revocable(record);
    const base::Time now = context.seams.clock.now();
    ca::revoke(*store, record, reason, now, {"operator uid " + std::to_string(::getuid()), {}, {}});
    record.revoked_at = base::to_unix(now);
    record.revocation_reason = reason;
    const std::string when = base::format_time(base::from_unix(*record.revoked_at));
    const std::string why(x509::revocation_reason_name(reason));
    if (record.not_after < base::to_unix(now)) context.out.note("it had expired: no CRL needs to list it");
    if (context.out.json()) {
        auto json = certificate_json(record, now);
        json["revoked_at"] = when;
        json["reason"] = why;
        context.out.document(json);
        return k_exit_done;
    }
    context.out.facts({{"revoked", record.serial},
                       {"names", base::join(record.names, ", ")},
                       {"subject", record.names.empty() ? record.subject : ""},
                       {"reason", why},
                       {"at", when}});
    return k_exit_done;
}

constexpr auto k_description =
    "The revocation is recorded with its audit entry before the command returns. A serve-acme over the same store says "
    "so from the next request on, by CRL and OCSP, without a restart; where CRLs are published by other means, `signet "
    "crl` writes the next one.\n"
    "\n"
    "The serial is hex in any case, with or without colons. A file is PEM or DER, and its first certificate counts; a "
    "directory is one that issue or fetch saved. The certificate of an issuing CA can be revoked too: it then stands "
    "on the root's CRL.\n"
    "\n"
    "Reasons: unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, "
    "certificateHold, privilegeWithdrawn, aACompromise (RFC 5280 section 5.3.1), in any case, with or without "
    "underscores. A revocation cannot be undone, that of a certificateHold neither.\n"
    "\n"
    "With keyCompromise the key itself is remembered for ever: no command and no ACME client gets another certificate "
    "for it, and no ACME account may have it; an account that has it is revoked with it, and its open orders fail. "
    "Other certificates of that key are to be revoked one by one.\n"
    "\n"
    "With --json: the members that a certificate always has, revoked_at and reason.\n"
    "\n"
    "signet-emergency(7) tells what else to do when a key has leaked.";

}  // namespace

Command revoke_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "revoke",
        .summary = "revoke a certificate",
        .description = k_description,
        .arguments = {{.label = "SERIAL|FILE",
                       .text = "serial number in hex, or a file or directory with the certificate",
                       .target = &words->target,
                       .required = true,
                       .complete = Complete::file}},
        .options = {{.name = "reason",
                     .label = "REASON",
                     .text = "why, by its name in RFC 5280",
                     .target = &words->reason,
                     .default_text = "unspecified"}},
        .examples = {{"signet revoke certificates/db.internal/tls.crt --reason keyCompromise", "its key has leaked"},
                     {"signet revoke 0a:1b:2c:3d --reason superseded", "by serial number"}},
        .exit_codes = {{0, "revoked"},
                       {1, "revoked before, or a root"},
                       {2, "wrong usage, or a certificate that this store did not issue"},
                       {3, "no store"}},
        .see_also = {"crl", "issue", "serve-acme"},
        .reads_environment = false,
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
