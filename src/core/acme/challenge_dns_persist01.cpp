#include "acme/challenge_dns_persist01.h"

#include <algorithm>
#include <charconv>

#include "acme/issue_value.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace signet::acme {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_time = 12;  // digits: thirty thousand years

/// One record on its way through the rules of section 4.
struct Reading {
    const ValidationContext& context;
    const std::string& place;
    std::string name;
    const IssueValue& value;

    [[noreturn]] void refuse(Kind kind, std::string_view why) const {
        throw Error{kind, "the TXT record at " + place + " " + std::string(why)};
    }
    /// nullptr when it is not there; throws when it is there twice.
    const std::string* parameter(std::string_view tag) const {
        if (value.count(tag) > 1) refuse(Kind::malformed, "has " + std::string(tag) + " more than once");
        return value.find(tag);
    }
};

bool is_our_hash(const Reading& reading, std::string_view hash) {
    const auto& account = reading.context.account;
    return std::ranges::any_of(account.thumbprints, [&](const std::string& thumbprint) {
        return hash == account_hash(reading.name, thumbprint, account.url) ||
               hash == account_hash("*", thumbprint, account.url);
    });
}

void require_account(const Reading& reading) {
    constexpr std::string_view k_algorithm = "sha-256/";
    const auto& account = reading.context.account;
    const auto* uri = reading.parameter("accounturi");
    if (uri == nullptr) reading.refuse(Kind::malformed, "has no accounturi");
    const auto path = account.path_of(*uri);
    if (path && path == account.path_of(account.url)) return;
    if (path && path->starts_with(k_account_hash_path)) {
        const auto rest = std::string_view(*path).substr(k_account_hash_path.size());
        if (!rest.starts_with(k_algorithm)) reading.refuse(Kind::malformed, "has an accounturi of another hash");
        if (is_our_hash(reading, rest.substr(k_algorithm.size()))) return;
    }
    reading.refuse(Kind::unauthorized, "is for another account");
}

void require_scope(const Reading& reading) {
    const auto* policy = reading.parameter("policy");
    const bool wide = policy != nullptr && base::iequals(*policy, "wildcard");
    if (reading.context.wildcard && !wide) {
        reading.refuse(Kind::unauthorized, "does not permit wildcards: it needs policy=wildcard");
    }
}

std::optional<base::Time> end_of(const Reading& reading) {
    const auto* text = reading.parameter("persistuntil");
    if (text == nullptr) return std::nullopt;
    std::int64_t seconds = 0;
    const bool number = !text->empty() && text->size() <= k_longest_time && base::is_digits(*text);
    if (!number || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc{}) {
        reading.refuse(Kind::malformed, "has a persistUntil that is no time");
    }
    const auto end = base::from_unix(seconds);
    if (end <= reading.context.now) reading.refuse(Kind::unauthorized, "has a persistUntil in the past");
    return end;
}

Validated judge(const Reading& reading) {
    require_account(reading);
    require_scope(reading);
    return {end_of(reading)};
}

bool names_us(const IssueValue& value, const AccountFacts& account) {
    return std::ranges::find(account.issuer_names, value.domain) != account.issuer_names.end();
}

Error without_record(const std::string& place, std::size_t count) {
    if (count == 0) return {Kind::incorrect_response, "there is no TXT record at " + place};
    return {Kind::unauthorized, "none of the " + std::to_string(count) + " TXT records at " + place + " names this CA"};
}

}  // namespace

std::string account_hash(std::string_view name, std::string_view thumbprint, std::string_view account_url) {
    std::string input(1, static_cast<char>(name.size()));
    for (const auto part : {name, thumbprint, account_url}) input += part;
    return base::base64url_encode(crypto::sha256(base::bytes_of(input)));
}

Validated validate_dns_persist01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view,
                                 const std::string&) {
    const std::string name(identifier.base_name());
    const auto place = "_validation-persist." + name;
    const auto texts = context.resolver.texts(place);
    std::optional<Error> failure;
    for (const auto& text : texts) {
        const auto value = parse_issue_value(text);
        if (!value || !names_us(*value, context.account)) continue;
        try {
            return judge({context, place, name, *value});
        } catch (const Error& error) {
            if (!failure) failure = error;
        }
    }
    throw failure ? *failure : without_record(place, texts.size());
}

}  // namespace signet::acme
