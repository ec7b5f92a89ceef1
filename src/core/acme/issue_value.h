#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::acme {

/// The value of a CAA issue property (RFC 8659 section 4.2), which a dns-persist-01 record has too:
/// "ca.example; accounturi=https://ca.example/acct/1; validationmethods=dns-01".
struct IssueValue {
    std::string domain;                                           // lower case; empty: nobody
    std::vector<std::pair<std::string, std::string>> parameters;  // tags in lower case, in the order given

    /// How often a tag is there.
    std::size_t count(std::string_view tag) const;
    /// The first of that tag; nullptr without.
    const std::string* find(std::string_view tag) const;
};

/// nullopt when the text does not follow the grammar: such a record authorizes nobody.
std::optional<IssueValue> parse_issue_value(std::string_view text);

}  // namespace signet::acme
