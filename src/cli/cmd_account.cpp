#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/columns.h"
#include "store/orders.h"
#include "store/store.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;
using store::AccountRecord;
using store::AccountStatus;

base::Json account_json(const AccountRecord& account) {
    base::Json json;
    json["id"] = account.id;
    json["status"] = store::to_text(account.status);
    json["profile"] = account.profile;
    json["contacts"] = account.contacts;
    json["token"] = account.token ? base::Json(*account.token) : base::Json(nullptr);
    json["terms_agreed"] = account.terms_agreed;
    json["created"] = base::format_time(base::from_unix(account.created_at));
    json["thumbprint"] = account.thumbprint;
    return json;
}

AccountRecord find(store::Transaction& transaction, const std::string& id) {
    auto account = store::find_account(transaction, id);
    if (account) return std::move(*account);
    throw Error{Kind::not_found, "there is no account " + base::printable(id, 80),
                "see 'signet account list' for their ids"};
}

int list(Context& context) {
    const auto store = store::Store::open(context.store());
    const auto accounts =
        store->query([](store::Transaction& transaction) { return store::list_accounts(transaction); });
    if (context.out.json()) {
        auto all = base::Json::array();
        for (const auto& account : accounts) all.push_back(account_json(account));
        context.out.document(all);
        return k_exit_done;
    }
    if (accounts.empty()) context.out.note("there are no accounts");
    std::vector<std::vector<std::string>> rows;
    for (const auto& account : accounts) {
        rows.push_back({account.id, std::string(store::to_text(account.status)), account.profile,
                        account.token.value_or("-"), base::format_time(base::from_unix(account.created_at)),
                        base::printable(base::join(account.contacts, ", "))});
    }
    context.out.table({"ACCOUNT", "STATUS", "PROFILE", "TOKEN", "CREATED", "CONTACTS"}, rows);
    return k_exit_done;
}

void print(Context& context, const AccountRecord& account) {
    if (context.out.json()) return context.out.document(account_json(account));
    context.out.facts({{"account", account.id},
                       {"status", std::string(store::to_text(account.status))},
                       {"profile", account.profile},
                       {"token", account.token.value_or("")},
                       {"contacts", base::printable(base::join(account.contacts, ", "))},
                       {"terms agreed to", account.terms},
                       {"created", base::format_time(base::from_unix(account.created_at))},
                       {"key thumbprint", account.thumbprint}});
}

int show(Context& context, const std::string& id) {
    const auto store = store::Store::open(context.store());
    print(context, store->query([&](store::Transaction& transaction) { return find(transaction, id); }));
    return k_exit_done;
}

store::AuditRecord audit(const AccountRecord& account, base::Time now) {
    store::AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = "account.deactivated";
    entry.actor = "operator uid " + std::to_string(::getuid());
    entry.account = account.id;
    entry.profile = account.profile;
    return entry;
}

// The row's version rises with it: that is how a server that runs sees it at the account's next request.
AccountRecord stop(store::Transaction& transaction, const std::string& id, base::Time now, bool& changed) {
    auto account = find(transaction, id);
    changed = account.status == AccountStatus::valid;
    if (!changed) return account;
    account.status = AccountStatus::deactivated;
    if (!store::update_account(transaction, account)) {
        throw Error{Kind::store_busy, "the account was just changed", "run it again"};
    }
    const auto problem = acme::to_problem({Kind::unauthorized, "the account is deactivated"}, {}).document;
    store::fail_orders_of(transaction, id, problem);
    store::append_audit(transaction, audit(account, now));
    return account;
}

int deactivate(Context& context, const std::string& id) {
    const auto store = store::Store::open(context.store());
    const auto now = context.seams.clock.now();
    bool changed = false;
    std::optional<AccountRecord> account;
    store->write([&](store::Transaction& transaction) { account = stop(transaction, id, now, changed); });
    if (!changed)
        context.out.note("account " + id + " was " + std::string(store::to_text(account->status)) + " already");
    if (context.out.json()) {
        context.out.document(account_json(*account));
    } else if (changed) {
        context.out.line("deactivated account " + id);
    }
    return k_exit_done;
}

Argument id_argument(std::string& id) {
    return {.label = "ID",
            .text = "the last part of the account's URL",
            .target = &id,
            .required = true,
            .complete = Complete::account};
}

constexpr char k_members[] =
    "id, status (valid, deactivated, revoked: with the token that bound it, or since its key is compromised), profile, "
    "contacts[], token (the kid that "
    "bound it, or null), terms_agreed, created, thumbprint (RFC 7638).";

}  // namespace

Command account_list_command() {
    return {.name = "account list",
            .summary = "list the ACME accounts",
            .description = "All accounts that registered at this CA, the oldest first. With --json an array of: " +
                           std::string(k_members),
            .examples = {{"signet account list", ""}},
            .see_also = {"account show", "account deactivate", "token list"},
            .run = list};
}

Command account_show_command() {
    auto id = std::make_shared<std::string>();
    return {.name = "account show",
            .summary = "show an ACME account",
            .description =
                "Where and when it registered, and what it says of itself: nobody has checked its contacts. "
                "With --json: " +
                std::string(k_members),
            .arguments = {id_argument(*id)},
            .examples = {{"signet account show 7TqGAuTPVyO5hlHfpKGXaw", ""}},
            .exit_codes = {{k_exit_done, "shown"}, {k_exit_environment, "no such account, or no store"}},
            .see_also = {"account list"},
            .run = [id](Context& context) { return show(context, *id); }};
}

Command account_deactivate_command() {
    auto id = std::make_shared<std::string>();
    return {.name = "account deactivate",
            .summary = "stop an ACME account",
            .description =
                "The account is refused from its next request on, and its open orders fail; a server that runs sees "
                "that at once. It cannot be undone: the machine registers again with another key. Certificates that "
                "the account has stay good until they end: `signet revoke` is for those. With --json what `account "
                "show --json` prints.",
            .arguments = {id_argument(*id)},
            .examples = {{"signet account deactivate 7TqGAuTPVyO5hlHfpKGXaw", ""}},
            .exit_codes = {{k_exit_done, "it is stopped, now or before"},
                           {k_exit_environment, "no such account, or no store"}},
            .see_also = {"account list", "token revoke"},
            .run = [id](Context& context) { return deactivate(context, *id); }};
}

}  // namespace signet::cli
