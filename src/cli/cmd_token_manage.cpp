#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/audit.h"
#include "store/store.h"
#include "store/tokens.h"

namespace signet::cli {
namespace {

using store::TokenRecord;

const char* status_of(const TokenRecord& token, std::int64_t now) {
    if (token.revoked_at) return "revoked";
    if (token.expires_at && *token.expires_at <= now) return "expired";
    if (token.uses && token.bound >= *token.uses) return "used up";
    return "valid";
}

base::Json time_or_null(const std::optional<std::int64_t>& seconds) {
    return seconds ? base::Json(base::format_time(base::from_unix(*seconds))) : base::Json(nullptr);
}

base::Json token_json(const TokenRecord& token, std::int64_t now) {
    base::Json json;
    json["kid"] = token.kid;
    json["status"] = status_of(token, now);
    json["profile"] = token.profile;
    json["dns"] = token.dns;
    json["ip"] = token.ip;
    json["uri"] = token.uri;
    json["uses"] = token.uses ? base::Json(*token.uses) : base::Json("unlimited");
    json["bound"] = token.bound;
    json["created"] = time_or_null(token.created_at);
    json["expires"] = time_or_null(token.expires_at);
    json["revoked"] = time_or_null(token.revoked_at);
    return json;
}

std::string patterns_of(const TokenRecord& token) {
    auto all = token.dns;
    all.insert(all.end(), token.ip.begin(), token.ip.end());
    all.insert(all.end(), token.uri.begin(), token.uri.end());
    return all.empty() ? "the profile's" : base::join(all, ", ");
}

int list(Context& context) {
    const auto store = store::Store::open(context.store());
    const auto now = base::to_unix(context.seams.clock.now());
    const auto tokens = store->query([](store::Transaction& transaction) { return store::list_tokens(transaction); });
    if (context.out.json()) {
        auto all = base::Json::array();
        for (const auto& token : tokens) all.push_back(token_json(token, now));
        context.out.document(all);
        return k_exit_done;
    }
    if (tokens.empty()) context.out.note("there are no tokens");
    std::vector<std::vector<std::string>> rows;
    for (const auto& token : tokens) {
        rows.push_back({token.kid, status_of(token, now), token.profile,
                        std::to_string(token.bound) + "/" + (token.uses ? std::to_string(*token.uses) : "unlimited"),
                        token.expires_at ? base::format_time(base::from_unix(*token.expires_at)) : "never",
                        patterns_of(token)});
    }
    context.out.table({"KID", "STATUS", "PROFILE", "BOUND", "EXPIRES", "NAMES"}, rows);
    return k_exit_done;
}

store::AuditRecord revocation_audit(const TokenRecord& token, std::int64_t now, std::int64_t stopped) {
    store::AuditRecord entry{};
    entry.at = now;
    entry.action = "token.revoked";
    entry.actor = "operator uid " + std::to_string(::getuid());
    entry.profile = token.profile;
    entry.detail = "token " + token.kid + ", accounts stopped: " + std::to_string(stopped);
    return entry;
}

int revoke(Context& context, const std::string& kid) {
    const auto store = store::Store::open(context.store());
    const auto now = base::to_unix(context.seams.clock.now());
    const auto problem =
        acme::to_problem({base::Kind::unauthorized, "the token that bound the account is revoked"}, {}).document;
    std::optional<std::int64_t> stopped;
    store->write([&](store::Transaction& transaction) {
        const auto token = store::find_token(transaction, kid);
        if (!token) {
            throw base::Error{base::Kind::not_found, "there is no token " + base::printable(kid, 80),
                              "see 'signet token list' for their kids"};
        }
        stopped = store::revoke_token(transaction, kid, now, problem);
        if (stopped) store::append_audit(transaction, revocation_audit(*token, now, *stopped));
    });
    if (!stopped) context.out.note("token " + kid + " was revoked already");
    if (context.out.json()) {
        base::Json json;
        json["kid"] = kid;
        json["status"] = "revoked";
        json["accounts_stopped"] = stopped.value_or(0);
        context.out.document(json);
    } else if (stopped) {
        context.out.line("revoked token " + kid + "; accounts stopped: " + std::to_string(*stopped));
    }
    return k_exit_done;
}

}  // namespace

Command token_list_command() {
    return {.name = "token list",
            .summary = "list the tokens of the store",
            .description =
                "All that were made, the oldest first: for which profile and names, how many accounts each has bound "
                "of how many, and whether it is still good. Their keys are not shown.\n\n"
                "With --json an array of: kid, status (valid, used up, expired, revoked), profile, dns[], ip[], uri[], "
                "uses (a number, or \"unlimited\"), bound, created, expires, revoked.",
            .examples = {{"signet token list", ""}},
            .see_also = {"token create", "token revoke", "account list"},
            .run = list};
}

Command token_revoke_command() {
    auto kid = std::make_shared<std::string>();
    return {.name = "token revoke",
            .summary = "revoke a token, and stop the accounts it bound",
            .description =
                "The token binds no further accounts, and those that it bound are refused from their next request on, "
                "renewals too; a server that runs sees that at once. Their open orders fail. Certificates that they "
                "have stay good until they end: `signet revoke` is for those.\n\n"
                "With --json: kid, status, accounts_stopped.",
            .arguments = {{.label = "KID",
                           .text = "as `token list` shows it",
                           .target = kid.get(),
                           .required = true,
                           .complete = Complete::token}},
            .examples = {{"signet token revoke 5f0c8a3e9d1b47261f5e0a9c8b7d6e5f", ""}},
            .exit_codes = {{k_exit_done, "it is revoked, now or before"},
                           {k_exit_environment, "no such token, or no store"}},
            .see_also = {"token list", "account deactivate"},
            .run = [kid](Context& context) { return revoke(context, *kid); }};
}

}  // namespace signet::cli
