#include <nlohmann/json.hpp>

#include "cli/enrolment.h"
#include "cli/renew_round.h"

namespace signet::cli {
namespace {

using base::Json;

std::string state_of(const client::Renewed& renewed) {
    if (renewed.would_change) return "would be renewed";
    return renewed.changed ? "renewed" : "not due";
}

void print_text(Context& context, const std::vector<RenewOutcome>& outcomes) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& outcome : outcomes) {
        if (!outcome.renewed) {
            rows.push_back({outcome.directory.string(), "failed", "", ""});
            continue;
        }
        const auto& renewed = *outcome.renewed;
        for (const auto& note : renewed.notes) context.out.note(renewed.directory.string() + ": " + note);
        rows.push_back({renewed.directory.string(), outcome.in_effect ? state_of(renewed) : "not in effect",
                        base::format_time(renewed.leaf.not_after()), base::format_time(renewed.due)});
    }
    context.out.table({"DIRECTORY", "STATE", "VALID UNTIL", "DUE"}, rows);
}

Json renewed_json(const client::Renewed& renewed, LazyCa& ca, base::Time now) {
    if (renewed.record) return fetched_json(renewed.leaf, *renewed.record, now);
    return certificate_json(ca().store, renewed.leaf, now);
}

Json outcome_json(const RenewOutcome& outcome, LazyCa& ca, base::Time now) {
    if (!outcome.renewed) {
        Json failed = error_json(*outcome.error);
        failed["dir"] = outcome.directory.string();
        failed["changed"] = false;
        return failed;
    }
    const auto& renewed = *outcome.renewed;
    auto json = renewed_json(renewed, ca, now);
    add_files(json, renewed.directory, renewed.changed ? renewed.files : files_in(renewed.directory), renewed.changed,
              renewed.notes);
    json["due"] = base::format_time(renewed.due);
    json["state"] = outcome.in_effect ? state_of(renewed) : "not in effect";
    return json;
}

void print_json(Context& context, const std::vector<RenewOutcome>& outcomes, LazyCa& ca) {
    Json all = Json::array();
    bool changed = false;
    for (const auto& outcome : outcomes) {
        changed = changed || (outcome.renewed && outcome.renewed->changed);
        all.push_back(outcome_json(outcome, ca, context.seams.clock.now()));
    }
    context.out.document({{"changed", changed}, {"certificates", std::move(all)}});
}

}  // namespace

void print_round(Context& context, const std::vector<RenewOutcome>& outcomes, LazyCa& ca) {
    context.out.json() ? print_json(context, outcomes, ca) : print_text(context, outcomes);
}

void print_events(Context& context, const std::vector<RenewOutcome>& outcomes, LazyCa& ca) {
    for (const auto& outcome : outcomes) {
        const bool changed = outcome.renewed && outcome.renewed->changed;
        if (!changed && !(outcome.error && context.out.json())) continue;
        if (context.out.json()) {
            context.out.line_of_json(outcome_json(outcome, ca, context.seams.clock.now()));
            continue;
        }
        const auto& renewed = *outcome.renewed;
        for (const auto& note : renewed.notes) context.out.note(renewed.directory.string() + ": " + note);
        context.out.line("renewed " + renewed.directory.string() + ": serial " + renewed.leaf.serial_hex() +
                         ", valid until " + base::format_time(renewed.leaf.not_after()));
    }
    context.out.flush();
}

}  // namespace signet::cli
