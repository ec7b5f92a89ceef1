#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/restore.h"

namespace signet::cli {
namespace {

using base::Json;

struct Words {
    base::Path file;
    std::vector<base::Path> crls;
};

std::string time_text(std::int64_t seconds) { return base::format_time(base::from_unix(seconds)); }

Json revived_json(const store::RestoreResult& result) {
    Json tokens = Json::array(), accounts = Json::array();
    for (const auto& token : result.tokens)
        tokens.push_back({{"kid", token.kid},
                          {"profile", token.profile},
                          {"uses_left", token.uses ? Json(*token.uses - token.bound) : Json()},
                          {"expires", token.expires_at ? Json(time_text(*token.expires_at)) : Json()}});
    for (const auto& account : result.accounts)
        accounts.push_back({{"id", account.id}, {"contacts", account.contacts}, {"profile", account.profile}});
    return {{"tokens", std::move(tokens)}, {"accounts", std::move(accounts)}, {"certificates", result.living}};
}

Json result_json(const base::Path& root, const store::RestoreResult& result) {
    Json crls = Json::array();
    for (const auto& crl : result.crls)
        crls.push_back({{"id", crl.issuer_id}, {"number_above", crl.above}, {"known", crl.known}});
    const auto& manifest = result.manifest;
    return {{"store", root.string()},
            {"made_at", time_text(manifest.made_at)},
            {"certificates", manifest.certificates},
            {"audit_entries", manifest.audit_entries},
            {"sha256", result.sha256},
            {"crls", std::move(crls)},
            {"revocations_taken_over", result.revoked},
            {"came_back_to_life", revived_json(result)},
            {"missing_keys", result.missing_keys}};
}

constexpr std::size_t k_most_shown = 20;

void list(Output& out, const std::string& heading, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out.line(heading);
    for (std::size_t i = 0; i < std::min(lines.size(), k_most_shown); ++i) out.line("  " + lines[i]);
    if (lines.size() > k_most_shown)
        out.line("  and " + std::to_string(lines.size() - k_most_shown) + " more: --json has all of them");
}

void print(Output& out, const base::Path& root, const store::RestoreResult& result) {
    const auto& manifest = result.manifest;
    const auto since = time_text(manifest.made_at);
    out.facts({{"restored", root.string()},
               {"as of", since},
               {"certificates", std::to_string(manifest.certificates)},
               {"audit log", std::to_string(manifest.audit_entries) + " entries, whole"}});
    std::vector<std::string> crls, tokens, accounts;
    for (const auto& crl : result.crls)
        crls.push_back(crl.issuer_id + " above " + std::to_string(crl.above) +
                       (crl.known ? ", the one that was given" : ", beyond what can have been"));
    for (const auto& token : result.tokens)
        tokens.push_back(
            token.kid + " of profile " + token.profile + ", " +
            (token.uses ? std::to_string(*token.uses - token.bound) + " uses left" : "any number of uses"));
    for (const auto& account : result.accounts)
        accounts.push_back(account.id + " " + base::printable(base::join(account.contacts, ", ")));
    list(out, "CRL numbers go on:", crls);
    list(out, "revocations taken over:", result.revoked);
    list(out, "tokens that bind accounts, used up or revoked since " + since + " though they may be:", tokens);
    list(out, "accounts that are valid, deactivated since though they may be:", accounts);
    list(out, "keys that were not in the backup:", result.missing_keys);
}

int run(Context& context, const Words& words) {
    const auto root = context.store();
    const auto result = store::restore_backup(
        {words.file, root, words.crls, "operator uid " + std::to_string(::getuid())}, context.seams.clock.now());
    if (context.out.json()) {
        context.out.document(result_json(root, result));
    } else {
        print(context.out, root, result);
        const bool all = std::all_of(result.crls.begin(), result.crls.end(), [](const auto& crl) { return crl.known; });
        context.out.warning("what was issued, revoked or stopped after " + time_text(result.manifest.made_at) +
                            " is not in this store" +
                            (all ? "" : "; revocations since are lost where no CRL was given with --crl"));
    }
    return k_exit_done;
}

constexpr auto k_description =
    "Makes a store, named by --store, out of what `signet backup` wrote. There must be none yet (an empty directory is "
    "fine). It is put together beside, in .NAME.restore, and renamed when it is whole: the digest of the archive, the "
    "database and the Merkle tree of the audit log have been checked by then; killed at any moment, there is no store "
    "or a whole one. Members of the archive that would lead out of the store are refused.\n\n"
    "CRL numbers must never be given out twice (RFC 5280 section 5.2.3). With --crl, the last CRL that was published, "
    "they go on above its number, and its revocations are taken over, also those of certificates that were issued "
    "after the backup. For a CA without one they jump ahead of any that can have been given out since.\n\n"
    "What was done after the backup has not happened for the restored store: it lists the tokens and accounts that are "
    "good (again). Stop those that were not to be with `signet token revoke` and `signet account deactivate`, and "
    "revoke anew what --crl does not know. Saved certificates may be older than those in use: `signet renew --force` "
    "makes new ones. The audit log has an entry store.restored.\n\n"
    "With --json: store, made_at, certificates, audit_entries, sha256, crls[] (id, number_above, known: from a CRL "
    "that was given), revocations_taken_over[], came_back_to_life (tokens[], accounts[], certificates: how many are "
    "valid) and missing_keys[].";

}  // namespace

Command restore_command() {
    auto words = std::make_shared<Words>();
    return {.name = "restore",
            .summary = "make a store out of a backup",
            .description = k_description,
            .arguments = {{.label = "FILE",
                           .text = "what signet backup wrote",
                           .target = &words->file,
                           .required = true,
                           .complete = Complete::file}},
            .options = {{.name = "crl",
                         .label = "FILE",
                         .text = "the last CRL that was published, DER or PEM; for each CA one",
                         .target = &words->crls,
                         .complete = Complete::file}},
            .examples = {{"signet --store /var/lib/signet restore monday.backup --crl default.crl",
                          "on a new machine, with the CRL that the old one published"}},
            .exit_codes = {{0, "the store is there"},
                           {1, "the audit log in the backup was tampered with; nothing was made"},
                           {2, "wrong usage, no whole backup, or a CRL of another CA"},
                           {3, "there is a store already, or it cannot be written"}},
            .see_also = {"backup", "audit verify", "crl"},
            .reads_environment = false,
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
