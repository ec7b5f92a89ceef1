#include "acme/issue_value.h"

#include <algorithm>

#include "base/text.h"

namespace signet::acme {
namespace {

constexpr std::size_t k_length_limit = 4096;
constexpr std::size_t k_parameter_limit = 32;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A label of the domain, or a tag: letters and digits, hyphens inside.
bool is_label(std::string_view text) {
    if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
    return std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
    return std::ranges::all_of(base::split(text, '.'), [](const auto& label) { return is_label(label); });
}

bool is_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ';'; });
}

// Only spaces and tabs are white space here.
std::string_view without_space(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool add_parameter(IssueValue& value, std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    const auto tag = without_space(text.substr(0, equals)), content = without_space(text.substr(equals + 1));
    if (!is_label(tag) || !is_value(content) || value.parameters.size() == k_parameter_limit) return false;
    value.parameters.emplace_back(base::lower(tag), content);
    return true;
}

}  // namespace

std::size_t IssueValue::count(std::string_view tag) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(parameters, [&](const auto& parameter) { return parameter.first == tag; }));
}

const std::string* IssueValue::find(std::string_view tag) const {
    const auto found = std::ranges::find_if(parameters, [&](const auto& parameter) { return parameter.first == tag; });
    return found == parameters.end() ? nullptr : &found->second;
}

std::optional<IssueValue> parse_issue_value(std::string_view text) {
    if (text.size() > k_length_limit) return std::nullopt;
    const auto semicolon = std::min(text.find(';'), text.size());
    const auto domain = without_space(text.substr(0, semicolon));
    if (!domain.empty() && !is_domain(domain)) return std::nullopt;
    IssueValue value;
    value.domain = base::lower(domain);
    const auto rest = text.substr(std::min(semicolon + 1, text.size()));
    if (without_space(rest).empty()) return value;
    for (const auto parameter : base::split(rest, ';')) {
        if (!add_parameter(value, without_space(parameter))) return std::nullopt;
    }
    return value;
}

}  // namespace signet::acme
