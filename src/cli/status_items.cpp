#include "cli/status_items.h"

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/text.h"
#include "ca/authority_crls.h"
#include "ca/authority_files.h"
#include "cli/endpoint.h"
#include "cli/enrolment.h"
#include "client/renewal_due.h"
#include "deliver/deliver.h"
#include "store/certificates.h"
#include "store/notifications.h"
#include "store/store.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;
using inspect::Health;

constexpr std::size_t k_largest_file = 4 << 20;
constexpr std::size_t k_most_entries = 10'000;  // of one directory
constexpr std::int64_t k_late_event = 600;      // seconds

/// Takes the certificate of `chain` that ends first, and judges it.
void take(StatusItem& item, const std::vector<x509::Certificate>& chain, const inspect::WantedLimits& wanted,
          base::Time now) {
    const auto first = std::ranges::min_element(chain, {}, &x509::Certificate::not_after);
    const inspect::Span span{first->not_before(), first->not_after()};
    item.certificate = *first;
    item.certificates = chain.size();
    item.limits = inspect::limits_for(span.lifetime(), wanted);
    item.health = item.revoked ? Health::critical : inspect::judge(span, item.limits, now);
    if (item.revoked && inspect::judge(span, item.limits, now) == Health::expired) item.health = Health::expired;
}

/// What the store knows of the certificate.
void take_from_store(StatusItem& item, store::Store& store, const x509::Certificate& leaf) {
    store.read([&](store::Transaction& transaction) {
        if (const auto record = store::find_certificate(transaction, leaf.serial_hex())) {
            item.authority = record->authority;
            item.profile = record->profile;
            item.source = record->source;
            item.revoked = record->revoked_at.has_value();
        }
    });
}

/// What renewal is going to do. What others wrote, or what we may not read, says nothing of that.
void take_forecast(StatusItem& item, store::Store* store, const base::Path& directory, const x509::Certificate& leaf,
                   base::Time now) {
    try {
        const auto forecast = client::forecast(directory, leaf, store, now);
        if (!forecast) return;
        item.due = forecast->due;
        item.refused = forecast->refused;
        item.next = forecast->refused ? "not renewed without --force, since it is revoked"
                    : forecast->server.empty()
                        ? "renewed in process by signet renew"
                        : "renewed over ACME by signet renew, from " + base::printable(forecast->server, 500);
    } catch (const Error&) {
        item.next.clear();
    }
}

StatusItem saved_item(const Context& context, store::Store* store, std::string target, const base::Path& directory,
                      const inspect::WantedLimits& wanted) {
    StatusItem item{.target = std::move(target), .kind = "saved"};
    const auto found = deliver::installed(directory);
    if (!found) throw Error{Kind::bad_input, "there is no tls.crt in " + directory.string()};
    const auto& leaf = found->chain.front();
    const auto now = context.seams.clock.now();
    if (store != nullptr) take_from_store(item, *store, leaf);
    take_forecast(item, store, canonical_directory(directory), leaf, now);
    take(item, found->chain, wanted, now);
    return item;
}

StatusItem failed_item(std::string target, std::string kind, const Error& error) {
    const bool endpoint = kind == "endpoint";
    StatusItem item{.target = std::move(target), .kind = std::move(kind)};
    item.health = endpoint ? Health::critical : Health::unknown;
    item.error = error;
    return item;
}

StatusItem endpoint_item(const Context& context, const std::string& target, const Endpoint& endpoint,
                         const inspect::WantedLimits& wanted) {
    net::TlsDialRequest request;
    request.host = endpoint.host;
    request.port = endpoint.port;
    request.server_name = net::Address::parse(endpoint.host) ? "" : endpoint.host;
    request.await_refusal = false;
    const auto handshake = context.seams.dialer.dial(request);
    if (handshake.chain.empty()) throw Error{Kind::tls, target + " showed no certificate"};
    StatusItem item{.target = target, .kind = "endpoint"};
    take(item, handshake.chain, wanted, context.seams.clock.now());
    return item;
}

StatusItem file_item(const Context& context, const base::Path& file, const inspect::WantedLimits& wanted) {
    const auto chain = x509::parse_certificate_file(base::read_file(file, k_largest_file), file.string());
    StatusItem item{.target = file.string(), .kind = "file"};
    take(item, chain, wanted, context.seams.clock.now());
    return item;
}

bool holds_saved(const base::Path& directory) { return base::file_facts(directory / "tls.crt").has_value(); }

std::vector<base::Path> entries_of(const base::Path& directory) {
    std::vector<base::Path> paths;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (paths.size() == k_most_entries)
            throw Error{Kind::bad_input, directory.string() + " has more than 10,000 entries", "name them in parts"};
        paths.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory) base::throw_errno(error.value(), "read", directory);
    std::ranges::sort(paths);
    return paths;
}

/// Files beside certificates (keys, notes) are nothing that ends.
bool is_certificate_file(const base::Path& file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return false;
    try {
        const auto text = base::read_file(file, k_largest_file);
        if (text.find("-----BEGIN CERTIFICATE-----") != std::string::npos) return true;
        if (text.find("-----BEGIN ") != std::string::npos) return false;
        x509::Certificate::from_der(base::bytes_of(text));
        return true;
    } catch (const Error&) {
        return false;
    }
}

class Looker {
public:
    Looker(const Context& context, const inspect::WantedLimits& wanted) : context_(context), wanted_(wanted) {
        // Without a store (a machine that only fetches) there is just less to tell.
        try {
            if (base::file_facts(store::Layout(context.store()).database()))
                store_ = store::Store::open(context.store());
        } catch (const Error&) {
            store_.reset();
        }
    }

    void look(const std::string& target) {
        if (const auto endpoint = endpoint_of(target)) {
            add(target, "endpoint", [&] { return endpoint_item(context_, target, *endpoint, wanted_); });
            return;
        }
        std::error_code ignored;
        if (!std::filesystem::is_directory(target, ignored)) {
            add(target, "file", [&] { return file_item(context_, target, wanted_); });
        } else if (holds_saved(target)) {
            add_saved(target);
        } else {
            look_into(target);
        }
    }

    std::vector<StatusItem> take_items() { return std::move(items_); }

private:
    template <class Make>
    void add(const std::string& target, const std::string& kind, Make make) {
        try {
            items_.push_back(make());
        } catch (const Error& error) {
            if (error.kind() == Kind::usage) throw;
            items_.push_back(failed_item(target, kind, error));
        }
    }
    void add_saved(const base::Path& directory) {
        add(directory.string(), "saved",
            [&] { return saved_item(context_, store_.get(), directory.string(), directory, wanted_); });
    }
    void look_into(const base::Path& directory) {
        const auto before = items_.size();
        for (const auto& path : entries_of(directory)) {
            if (holds_saved(path)) {
                add_saved(path);
            } else if (is_certificate_file(path)) {
                add(path.string(), "file", [&] { return file_item(context_, path, wanted_); });
            }
        }
        if (items_.size() > before) return;
        items_.push_back(failed_item(directory.string(), "file",
                                     Error{Kind::bad_input, "there is no certificate in " + directory.string(),
                                           "name a file, a directory with certificates, or host:port"}));
    }

    const Context& context_;
    const inspect::WantedLimits& wanted_;
    std::unique_ptr<store::Store> store_;
    std::vector<StatusItem> items_;
};

StatusItem authority_item(const std::string& name, std::string_view role, const x509::Certificate& certificate,
                          bool revoked, const inspect::WantedLimits& wanted, base::Time now) {
    StatusItem item{.target = name + " " + std::string(role), .kind = "authority"};
    item.authority = name;
    item.profile = role;
    item.source = "cli";
    item.revoked = revoked;
    take(item, {certificate}, wanted, now);
    const bool over = certificate.not_after() < now;
    item.next = revoked          ? "who looks at CRLs takes nothing below it: signet ca rotate"
                : role != "root" ? "no certificate of it lives longer"
                : over           ? "nothing that it signed is trusted any more"
                                 : "after that nothing that it signed is trusted";
    return item;
}

/// Of a root whose key is elsewhere: nobody here can sign the next one.
void add_crls(const store::Layout& layout, const ca::AuthorityFiles& files, const inspect::WantedLimits& wanted,
              base::Time now, std::vector<StatusItem>& items) {
    for (const auto& imported : ca::imported_crls(layout, files)) {
        const inspect::Span span{imported.crl.this_update(), imported.next_update};
        StatusItem item{.target = files.name + " " + ca::authority_id(imported.signer) + ".crl", .kind = "crl"};
        item.health = inspect::judge(span, inspect::limits_for(span.lifetime(), wanted), now);
        if (item.health == Health::ok) continue;
        const bool over = imported.next_update < now;
        item.error = Error{Kind::bad_input,
                           "the CRL of " + imported.signer.subject().text() + (over ? " ended at " : " ends at ") +
                               base::format_time(imported.next_update),
                           "have the next one signed where the key is, then: signet ca import root.crl"};
        items.push_back(std::move(item));
    }
}

bool is_revoked(store::Store& store, const x509::Certificate& certificate) {
    return store.query([&](store::Transaction& transaction) {
        const auto row = store::find_certificate(transaction, certificate.serial_hex());
        return row && row->der == certificate.der() && row->revoked_at;
    });
}

void add_authorities(const Context& context, store::Store& store, const inspect::WantedLimits& wanted,
                     std::vector<StatusItem>& items) {
    const auto now = context.seams.clock.now();
    for (const auto& name : ca::authority_names(store.layout())) {
        try {
            const auto files = ca::read_authority_files(store.layout(), name);
            items.push_back(authority_item(name, "root", files.root, false, wanted, now));
            if (files.issuing)
                items.push_back(
                    authority_item(name, "issuing", *files.issuing, is_revoked(store, *files.issuing), wanted, now));
            add_crls(store.layout(), files, wanted, now, items);
        } catch (const Error& error) {
            if (error.kind() == Kind::usage) throw;
            items.push_back(failed_item(name, "authority", error));
        }
    }
}

/// Events that do not reach their receiver.
void add_events(const Context& context, store::Store& store, std::vector<StatusItem>& items) {
    const auto counts =
        store.query([](store::Transaction& transaction) { return store::count_notifications(transaction); });
    const auto now = base::to_unix(context.seams.clock.now());
    const bool late = counts.oldest_at && *counts.oldest_at + k_late_event < now;
    if (counts.given_up == 0 && !late) return;
    std::string text;
    if (counts.given_up > 0)
        text = std::to_string(counts.given_up) + " events were given up, the last at " +
               base::format_time(base::from_unix(*counts.given_up_last));
    if (late)
        text += (text.empty() ? "" : "; ") + std::to_string(counts.waiting) + " events wait since " +
                base::format_time(base::from_unix(*counts.oldest_at));
    if (!counts.error.empty()) text += ": " + counts.error;
    StatusItem item{.target = "notify", .kind = "notify"};
    item.health = Health::warning;
    item.error = Error{Kind::connection, text, "look at [notify] in signet.toml, and at its receiver"};
    items.push_back(std::move(item));
}

}  // namespace

std::vector<StatusItem> items_of(const Context& context, const std::vector<std::string>& words,
                                 const inspect::WantedLimits& wanted) {
    Looker looker(context, wanted);
    std::vector<std::string> seen;
    for (const auto& word : words) {
        if (std::ranges::find(seen, word) != seen.end()) continue;
        seen.push_back(word);
        looker.look(word);
    }
    return looker.take_items();
}

std::vector<StatusItem> items_of_store(const Context& context, const inspect::WantedLimits& wanted) {
    const auto store = store::Store::open(context.store());
    std::vector<StatusItem> items;
    add_authorities(context, *store, wanted, items);
    add_events(context, *store, items);
    for (const auto& directory : entries_of(store->layout().certificates())) {
        const auto component = directory.filename().string();
        const auto name = base::percent_decode(component).value_or(component);
        if (!holds_saved(directory)) continue;
        try {
            items.push_back(saved_item(context, store.get(), name, directory, wanted));
        } catch (const Error& error) {
            if (error.kind() == Kind::usage) throw;
            items.push_back(failed_item(name, "saved", error));
        }
    }
    std::ranges::stable_sort(items, {}, [](const StatusItem& item) {
        return item.certificate ? item.certificate->not_after() : base::Time::min();
    });
    return items;
}

}  // namespace signet::cli
