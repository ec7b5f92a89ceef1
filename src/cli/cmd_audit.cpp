#include <poll.h>
#include <unistd.h>

#include <memory>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/name_search.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/audit.h"
#include "store/store.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr int k_first_step = 40;
constexpr int k_step = 500;
constexpr int k_look_milliseconds = 250;  // how soon --follow shows what is new
constexpr std::size_t k_widest_text = 400;

struct Words {
    std::optional<std::string> since, action, account, name, serial;
    bool follow = false;
};

std::int64_t parse_since(const std::string& text, base::Time now) {
    const bool time = text.find('-') != std::string::npos || text.find(':') != std::string::npos;
    return base::to_unix(time ? base::parse_time(text, "--since") : now - base::parse_duration(text, "--since"));
}

std::string parse_serial(const std::string& text) {
    const auto serial = base::hex_decode(text);
    if (!serial || serial->empty())
        throw Error{Kind::bad_input, "'" + base::printable(text) + "' is no serial number", "give it in hex"};
    return base::hex_encode(*serial);
}

/// What an entry names may be anything that was asked for.
std::function<bool(std::string_view)> name_matches(const std::string& pattern) {
    auto search = ca::parse_name_search(pattern);
    if (!search) return [](std::string_view) { return true; };
    return [search = std::move(*search)](std::string_view name) {
        try {
            return search.range.contains(store::name_key(name)) && (!search.matches || search.matches(name));
        } catch (const Error&) {
            return false;
        }
    };
}

store::AuditFilter filter_of(const Words& words, base::Time now) {
    store::AuditFilter filter;
    if (words.since) filter.since = parse_since(*words.since, now);
    filter.action = words.action;
    filter.account = words.account;
    if (words.serial) filter.serial = parse_serial(*words.serial);
    if (words.name) filter.name_matches = name_matches(*words.name);
    return filter;
}

std::string text_of(const store::AuditEntry& entry) {
    const auto& record = entry.record;
    std::string text = base::format_time(base::from_unix(record.at)) + "  " + record.action;
    text += std::string(record.action.size() < 22 ? 22 - record.action.size() : 0, ' ');
    text += "  " + base::printable(record.actor);
    if (!record.address.empty()) text += " from " + base::printable(record.address);
    if (record.profile) text += "  profile " + base::printable(*record.profile);
    if (!record.names.empty()) text += "  " + base::printable(base::join(record.names, ", "), k_widest_text);
    if (record.serial) text += "  " + base::printable(*record.serial);
    if (!record.detail.empty()) text += "  " + base::printable(record.detail, k_widest_text);
    return text;
}

/// Waits a little; false when nobody reads standard output any more.
bool wait_for_more() {
    pollfd out{STDOUT_FILENO, 0, 0};
    return ::poll(&out, 1, k_look_milliseconds) <= 0 || (out.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    store::AuditLog log(filter_of(words, context.seams.clock.now()));
    for (int step = k_first_step;; step = k_step) {
        const auto entries = store->query([&](store::Transaction& transaction) { return log.next(transaction, step); });
        for (const auto& entry : entries)
            context.out.line(context.out.json() ? store::audit_line(entry.index, entry.record) : text_of(entry));
        if (!context.out.flush_some()) return k_exit_done;
        if (!log.at_end()) continue;
        if (!words.follow || !wait_for_more()) return k_exit_done;
    }
}

Options options(Words& words) {
    return {{.name = "since",
             .label = "T",
             .text = "from this time on: RFC 3339, or so long ago, as 24h",
             .target = &words.since},
            {.name = "action",
             .label = "A",
             .text = "this action, or all that begin with it: certificate.revoked, token",
             .target = &words.action},
            {.name = "account",
             .label = "A",
             .text = "what this ACME account did, or what was done to it",
             .target = &words.account,
             .complete = Complete::account},
            {.name = "name",
             .label = "N",
             .text = "entries with this name, or one like this pattern",
             .target = &words.name},
            {.name = "serial",
             .label = "S",
             .text = "entries about the certificate with this serial number",
             .target = &words.serial},
            {.name = "follow", .text = "go on with what is added, until interrupted", .target = &words.follow}};
}

constexpr auto k_description =
    "What was done with this store, the oldest first: every issuance and refusal, revocation, change of settings, of "
    "a CA, of tokens and accounts, every decision about an order, with who, what, when and from where. An entry is "
    "recorded in the same transaction as the act: both are there, or neither. Nothing removes entries, [retention] "
    "neither. Conditions add up.\n\n"
    "`certificate.refused` is what an operator asked for, or the first refusal of an ACME order that was to be "
    "finalized; `order.refused` an ACME order, or an authorization before one, that profile, token, CA or "
    "authorize_command do not permit. Nothing stops an account from asking again: of one account ten refused orders "
    "are recorded at once, and ten an hour after that; `signet_issuance_refusals_total` counts all of them.\n\n"
    "Where a token had let an account in, each certificate that it was given or refused says so: `by token` and its "
    "key identifier, as `signet token list` shows it.\n\n"
    "A name is `db.internal` itself or a pattern as `signet list` takes it: `**.internal`, `10.0.0.0/8`.\n\n"
    "With --json one document a line, always with index (counted from 0), at, action, actor, address, serial, account, "
    "profile (null where there is none), names[] and detail, in this order.\n\n"
    "The entries are the leaves of a Merkle tree (RFC 6962 section 2.1, RFC 9162): the hash of an entry is SHA-256 "
    "over a byte 00 and the line that --json prints, without its line feed; that of an inner node SHA-256 over a byte "
    "01 and both hashes below. The line is what Python's json.dumps(entry, separators=(',', ':'), ensure_ascii=False) "
    "gives. Who keeps a checkpoint elsewhere can tell later that nothing before it was changed.";

}  // namespace

Command audit_command() {
    auto words = std::make_shared<Words>();
    return {.name = "audit",
            .summary = "read the audit log",
            .description = k_description,
            .options = options(*words),
            .examples = {{"signet audit --since 24h", "what happened since yesterday"},
                         {"signet audit --action certificate.refused --json", "what was refused"},
                         {"signet audit --follow --json | logger -t signet-audit", "into the system's log"}},
            .see_also = {"audit verify", "audit checkpoint", "audit prove", "list"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
