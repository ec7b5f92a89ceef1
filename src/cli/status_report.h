#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/status_items.h"

namespace signet::cli {

/// One row a format of `status --format`.
struct StatusFormat {
    std::string_view name;
    void (*print)(Output& out, const std::vector<StatusItem>& items, base::Time now);
};
std::span<const StatusFormat> status_formats();

/// The worst of them; ok for none.
inspect::Health health_of(const std::vector<StatusItem>& items);
/// "12 days left, until 2027-…", "ended 3 days ago, at …": how it stands with the end, for people.
std::string left_text(const StatusItem& item, base::Time now);

// One file each.
void print_status_text(Output& out, const std::vector<StatusItem>& items, base::Time now);
void print_status_json(Output& out, const std::vector<StatusItem>& items, base::Time now);
void print_status_nagios(Output& out, const std::vector<StatusItem>& items, base::Time now);
void print_status_prometheus(Output& out, const std::vector<StatusItem>& items, base::Time now);

}  // namespace signet::cli
