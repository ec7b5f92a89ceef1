#include "cli/status_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "inspect/explain.h"

namespace signet::cli {
namespace {

using base::Json;
using inspect::Health;

constexpr StatusFormat k_formats[] = {{"text", print_status_text},
                                      {"json", print_status_json},
                                      {"nagios", print_status_nagios},
                                      {"prometheus", print_status_prometheus}};
constexpr std::size_t k_word_width = 8;  // of CRITICAL
constexpr int k_bar_width = 20;

Colour colour_of(Health health) {
    switch (health) {
        case Health::ok:
            return Colour::green;
        case Health::warning:
        case Health::unknown:
            return Colour::yellow;
        case Health::critical:
        case Health::expired:
            return Colour::red;
    }
    return Colour::none;
}

std::string bar(const x509::Certificate& certificate, base::Time now) {
    const auto lifetime = certificate.not_after() - certificate.not_before();
    const auto left = std::clamp<base::Duration>(certificate.not_after() - now, base::Duration::zero(), lifetime);
    const auto full = lifetime.count() > 0 ? static_cast<int>(left.count() / (lifetime.count() / k_bar_width + 1)) : 0;
    return "[" + std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(k_bar_width - full), '-') + "] ";
}

std::string next_text(const StatusItem& item, base::Time now) {
    if (!item.due || item.refused) return item.next;
    const auto due = *item.due <= now ? "renewal is due" : "renewal due in " + base::describe_duration(*item.due - now);
    return due + ", " + item.next;
}

Json time_json(const std::optional<base::Time>& time) { return time ? Json(base::format_time(*time)) : Json(); }

Json item_json(const StatusItem& item, base::Time now) {
    Json json{{"target", item.target}, {"kind", item.kind}, {"state", inspect::health_word(item.health)}};
    if (item.error) {
        json.update(error_json(*item.error));
        return json;
    }
    const auto& certificate = *item.certificate;
    json.update(certificate_json(certificate, now));
    if (item.authority) {
        json["ca"] = *item.authority;
        json["profile"] = *item.profile;
        json["source"] = item.source;
    }
    if (item.revoked) json["status"] = "revoked";
    json["certificates"] = item.certificates;
    json["days_left"] = inspect::days_until(certificate.not_after(), now);
    json["seconds_left"] = base::to_unix(certificate.not_after()) - base::to_unix(now);
    json["warning_from"] = base::format_time(certificate.not_after() - item.limits.warn);
    json["critical_from"] = base::format_time(certificate.not_after() - item.limits.crit);
    json["due"] = time_json(item.due);
    json["is_due"] = item.due && *item.due <= now;
    json["next"] = item.next.empty() ? Json() : Json(item.next);
    return json;
}

}  // namespace

std::span<const StatusFormat> status_formats() { return k_formats; }

Health health_of(const std::vector<StatusItem>& items) {
    Health health = Health::ok;
    for (const auto& item : items) health = inspect::worse(health, item.health);
    return health;
}

std::string left_text(const StatusItem& item, base::Time now) {
    if (item.error) return item.error->message();
    const auto& certificate = *item.certificate;
    const std::string end = base::format_time(certificate.not_after());
    std::string text = now > certificate.not_after()
                           ? "ended " + base::describe_duration(certificate.not_after() - now) + ", at " + end
                       : now < certificate.not_before()
                           ? "not valid before " + base::format_time(certificate.not_before())
                           : base::describe_duration(certificate.not_after() - now) + " left, until " + end;
    if (item.revoked) text = "revoked; " + text;
    if (item.certificates > 1) text += ", the first of " + std::to_string(item.certificates) + " certificates to end";
    return text;
}

void print_status_text(Output& out, const std::vector<StatusItem>& items, base::Time now) {
    for (const auto& item : items) {
        if (item.health == Health::unknown) {
            out.error(*item.error);
            continue;
        }
        const std::string word(inspect::health_word(item.health));
        std::string line = out.paint(colour_of(item.health), word) + std::string(k_word_width + 1 - word.size(), ' ');
        if (out.terminal() && item.certificate) line += bar(*item.certificate, now);
        line += base::printable(item.target, 500) + ": " + left_text(item, now);
        if (const auto next = next_text(item, now); !next.empty()) line += "; " + next;
        out.line(line);
    }
}

void print_status_json(Output& out, const std::vector<StatusItem>& items, base::Time now) {
    const auto health = health_of(items);
    Json all = Json::array();
    for (const auto& item : items) all.push_back(item_json(item, now));
    out.document({{"state", inspect::health_word(health)},
                  {"exit_code", inspect::plugin_code(health)},
                  {"at", base::format_time(now)},
                  {"certificates", std::move(all)}});
}

}  // namespace signet::cli
