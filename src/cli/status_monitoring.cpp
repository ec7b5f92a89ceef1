#include <algorithm>

#include "base/metrics.h"
#include "base/text.h"
#include "cli/status_report.h"

namespace signet::cli {
namespace {

using base::MetricsText;
using inspect::Health;

constexpr std::size_t k_most_named = 5;       // in the line that a pager shows
constexpr std::size_t k_most_measured = 200;  // values of performance data

std::string count_text(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " certificate" : " certificates");
}

// A bar would end the text (Monitoring Plugins Development Guidelines).
std::string plain(std::string text) {
    std::ranges::replace(text, '|', '/');
    return base::printable(text, 500);
}

/// Soonest end first; what could not be looked at in front.
std::vector<const StatusItem*> by_end(const std::vector<StatusItem>& items) {
    std::vector<const StatusItem*> sorted;
    for (const auto& item : items) sorted.push_back(&item);
    std::ranges::stable_sort(sorted, {}, [](const StatusItem* item) {
        return item->certificate ? item->certificate->not_after() : base::Time::min();
    });
    return sorted;
}

std::string summary(const std::vector<const StatusItem*>& items, base::Time now) {
    if (items.empty()) return "no certificates";
    std::vector<std::string> bad;
    std::size_t more = 0;
    for (const auto* item : items) {
        if (item->health == Health::ok) continue;
        if (bad.size() < k_most_named)
            bad.push_back(plain(item->target + ": " + left_text(*item, now)));
        else
            ++more;
    }
    if (more > 0) bad.push_back("and " + std::to_string(more) + " more");
    if (!bad.empty()) return base::join(bad, "; ");
    return count_text(items.size()) + ", the first to end is " + plain(items.front()->target) + ": " +
           left_text(*items.front(), now);
}

// 'label'=value[s];warn;crit: the value may not fall below the limits.
std::string performance(const StatusItem& item, base::Time now) {
    std::string label;
    for (const char c : plain(item.target)) label += c == '=' ? "_" : c == '\'' ? "''" : std::string(1, c);
    const auto seconds = [](base::Duration duration) {
        return std::to_string(std::chrono::floor<std::chrono::seconds>(duration).count());
    };
    return "'" + label + "'=" + seconds(item.certificate->not_after() - now) + "s;" + seconds(item.limits.warn) + ":;" +
           seconds(item.limits.crit) + ":";
}

double unix_time(base::Time time) { return static_cast<double>(base::to_unix(time)); }

template <class Value>
void gauge(MetricsText& out, std::string_view name, std::string_view help, const std::vector<StatusItem>& items,
           Value value) {
    out.family(name, MetricsText::Type::gauge, help);
    for (const auto& item : items)
        if (const std::optional<double> number = value(item))
            out.sample({{"kind", item.kind}, {"target", item.target}}, *number);
}

}  // namespace

void print_status_nagios(Output& out, const std::vector<StatusItem>& items, base::Time now) {
    const auto sorted = by_end(items);
    const auto health = health_of(items);
    std::vector<std::string> values;
    for (const auto* item : sorted)
        if (item->certificate && values.size() < k_most_measured) values.push_back(performance(*item, now));
    // A plugin has four words; that something has ended stands in the text.
    const auto word = inspect::health_word(health == Health::expired ? Health::critical : health);
    out.line(std::string(word) + " - " + summary(sorted, now) +
             (values.empty() ? "" : " | " + base::join(values, " ")));
}

void print_status_prometheus(Output& out, const std::vector<StatusItem>& items, base::Time now) {
    using Number = std::optional<double>;
    MetricsText text;
    const auto of_certificate = [&](std::string_view name, std::string_view help, auto value) {
        gauge(text, name, help, items,
              [&](const StatusItem& item) { return item.certificate ? Number(value(item)) : Number(); });
    };
    of_certificate("signet_certificate_not_before_timestamp_seconds", "From when on the certificate is valid.",
                   [](const StatusItem& item) { return unix_time(item.certificate->not_before()); });
    of_certificate("signet_certificate_not_after_timestamp_seconds", "When the certificate ends.",
                   [](const StatusItem& item) { return unix_time(item.certificate->not_after()); });
    of_certificate("signet_certificate_warning_timestamp_seconds", "From when on too little of its lifetime is left.",
                   [](const StatusItem& item) { return unix_time(item.certificate->not_after() - item.limits.warn); });
    of_certificate("signet_certificate_critical_timestamp_seconds",
                   "From when on far too little of its lifetime is left.",
                   [](const StatusItem& item) { return unix_time(item.certificate->not_after() - item.limits.crit); });
    of_certificate("signet_certificate_revoked", "Whether this store revoked it.",
                   [](const StatusItem& item) { return item.revoked ? 1.0 : 0.0; });
    gauge(text, "signet_certificate_due_timestamp_seconds", "When signet renew finds its renewal due.", items,
          [](const StatusItem& item) { return item.due ? Number(unix_time(*item.due)) : Number(); });
    gauge(text, "signet_certificate_unreadable", "Whether there was no certificate to look at.", items,
          [](const StatusItem& item) { return Number(item.certificate ? 0.0 : 1.0); });
    text.gauge("signet_status_timestamp_seconds", "When signet status looked.", unix_time(now));
    out.text(text.text());
}

}  // namespace signet::cli
