#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/name_search.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "store/inventory.h"
#include "store/store.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

// The first lines are there at once; later steps are larger, since each costs a transaction.
constexpr int k_first_step = 40;
constexpr int k_step = 500;
constexpr std::size_t k_names_shown = 3;
constexpr std::size_t k_widest_cell = 80;

struct Words {
    std::optional<std::string> ca, profile, name, account;
    std::optional<base::Duration> expiring;
    bool revoked = false;
    std::optional<int> limit;
};

store::InventoryFilter filter_of(const Words& words, base::Time now) {
    store::InventoryFilter filter;
    filter.authority = words.ca;
    filter.profile = words.profile;
    filter.account = words.account;
    filter.revoked = words.revoked;
    if (words.expiring) filter.ending = {base::to_unix(now), base::to_unix(now + *words.expiring) + 1};
    if (!words.name) return filter;
    if (auto search = ca::parse_name_search(*words.name)) {
        filter.names = std::move(search->range);
        filter.name_matches = std::move(search->matches);
    }
    return filter;
}

// A table that is printed as it comes: columns widen when a row needs it, and never get narrower.
class Listing {
public:
    explicit Listing(Output& out) : out_(out) {}
    void add(std::vector<std::vector<std::string>> rows) {
        if (rows.empty()) return;
        const std::vector<std::string> headings{"SERIAL", "STATUS", "NOT AFTER", "CA", "PROFILE", "SOURCE", "NAMES"};
        widths_.resize(headings.size());
        for (const auto& row : rows) measure(row);
        if (!begun_) {
            measure(headings);
            out_.line(out_.paint(Colour::bold, laid_out(headings)));
        }
        begun_ = true;
        for (const auto& row : rows) out_.line(laid_out(row));
    }
    bool empty() const { return !begun_; }

private:
    void measure(const std::vector<std::string>& row) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
    }
    std::string laid_out(const std::vector<std::string>& row) const {
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            line += row[i] + std::string(widths_[i] + 2 - std::min(widths_[i], row[i].size()), ' ');
        return line + row.back();
    }

    Output& out_;
    std::vector<std::size_t> widths_;
    bool begun_ = false;
};

std::string names_of(const store::CertificateRecord& record) {
    if (record.names.empty()) return base::printable(record.subject, k_widest_cell);
    const auto shown = std::min(record.names.size(), k_names_shown);
    auto text = base::join(std::span(record.names).first(shown), ", ");
    if (shown < record.names.size()) text += " and " + std::to_string(record.names.size() - shown) + " more";
    return base::printable(text, 4 * k_widest_cell);
}

std::vector<std::string> row_of(const store::CertificateRecord& record, base::Time now) {
    const std::string status = record.revoked_at                       ? "revoked"
                               : record.not_after < base::to_unix(now) ? "expired"
                                                                       : "valid";
    return {record.serial,    status,         base::format_time(base::from_unix(record.not_after)),
            record.authority, record.profile, record.account ? "acme " + *record.account : record.source,
            names_of(record)};
}

void print(Context& context, Listing& listing, const std::vector<store::CertificateRecord>& records, base::Time now) {
    if (context.out.json()) {
        for (const auto& record : records) context.out.line_of_json(certificate_json(record, now));
        return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& record : records) rows.push_back(row_of(record, now));
    listing.add(std::move(rows));
}

void check(const Words& words, const store::Layout& layout) {
    if (words.limit && *words.limit < 1) throw Error{Kind::usage, "--limit is a number from 1 up"};
    // A slip of the pen must not look like an empty inventory.
    if (words.ca && !ca::authority_exists(layout, *words.ca)) ca::read_authority_files(layout, *words.ca);
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    check(words, store->layout());
    const base::Time now = context.seams.clock.now();
    store::Inventory inventory(filter_of(words, now));
    Listing listing(context.out);
    auto left = static_cast<std::size_t>(words.limit.value_or(std::numeric_limits<int>::max()));
    for (int step = k_first_step; !inventory.at_end() && left > 0; step = k_step) {
        auto records = store->query([&](store::Transaction& transaction) { return inventory.next(transaction, step); });
        if (records.size() > left) records.resize(left);
        left -= records.size();
        print(context, listing, records, now);
        if (!context.out.flush_some()) return k_exit_done;
    }
    if (!context.out.json() && listing.empty()) context.out.note("no certificate in the inventory is like that");
    return k_exit_done;
}

Options options(Words& words) {
    return {{.name = "ca",
             .label = "N",
             .text = "those of this authority",
             .target = &words.ca,
             .complete = Complete::authority},
            {.name = "profile",
             .label = "P",
             .text = "those that this profile allowed",
             .target = &words.profile,
             .complete = Complete::profile},
            {.name = "name", .label = "PATTERN", .text = "those with a name like that", .target = &words.name},
            {.name = "account",
             .label = "A",
             .text = "those that this ACME account got",
             .target = &words.account,
             .complete = Complete::account},
            {.name = "expiring",
             .label = "DURATION",
             .text = "valid ones that end within that time, the soonest first",
             .target = &words.expiring,
             .conflicts = {"revoked"}},
            {.name = "revoked", .text = "revoked ones, the last revoked first", .target = &words.revoked},
            {.name = "limit", .label = "N", .text = "no more than so many", .target = &words.limit}};
}

constexpr char k_description[] =
    "All certificates that were issued from this store, CA certificates too, the newest first, as long as [retention] "
    "of signet.toml(5) keeps them. Conditions add up. The list is printed while it is read, in short steps, so that "
    "one of a million rows neither takes memory nor holds up a server.\n\n"
    "A PATTERN is one of those of profiles: for DNS names `db.internal` itself, `*.internal` one label under it, "
    "`**.internal` any depth, `**` all; for addresses `10.0.0.7` or `10.0.0.0/8`; for URIs and e-mail addresses `*` "
    "within a path segment or local part, `**` across. Its form tells which kind it is. Names, accounts, revocations "
    "and ends are found by index; --ca and --profile alone go through all rows.\n\n"
    "With --json one document a line: serial, subject, names[], ca, profile, not_before, not_after, status (valid, "
    "revoked, expired), source, account, fingerprint_sha256 and key_type.";

}  // namespace

Command list_command() {
    auto words = std::make_shared<Words>();
    return {.name = "list",
            .summary = "list the certificates that were issued",
            .description = k_description,
            .options = options(*words),
            .examples = {{"signet list --expiring 7d", "what ends this week"},
                         {"signet list --name '**.mesh.internal' --json | jq -r .serial", "serials below a domain"},
                         {"signet list --account 7TqGAuTPVyO5hlHfpKGXaw --limit 10", "the last ten of an account"}},
            .exit_codes = {{k_exit_done, "listed, be it nothing"},
                           {k_exit_usage, "wrong usage, or no pattern"},
                           {k_exit_environment, "no store, or no such authority"}},
            .see_also = {"show", "status", "revoke"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
