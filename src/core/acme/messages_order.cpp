#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/json_members.h"
#include "acme/messages.h"
#include "base/error.h"
#include "base/text.h"

namespace signet::acme {
namespace {

constexpr std::size_t k_identifier_limit = 1000;  // in one order, before a profile's max_names counts

using base::Kind;
using x509::Identifier;

[[noreturn]] void throw_malformed(std::string message) { throw base::Error{Kind::malformed, std::move(message)}; }

bool is_address(const std::string& value) {
    try {
        return Identifier::parse(value).type() == Identifier::Type::ip;
    } catch (const base::Error&) {
        return false;
    }
}

// RFC 8738 section 3 wants the text form of RFC 5952; another spelling would not match what the order echoes.
Identifier parse_address(const std::string& value) {
    auto identifier = Identifier::ip(value);
    if (identifier.text() != value) {
        throw base::Error{Kind::rejected_identifier, "the canonical form of this address is " + identifier.text()};
    }
    return identifier;
}

Identifier parse_value(const std::string& type, const std::string& value) {
    if (type == "dns") {
        if (is_address(value)) {
            throw base::Error{Kind::rejected_identifier, "an IP address is of type \"ip\" (RFC 8738), not \"dns\""};
        }
        return Identifier::dns(value);
    }
    if (type == "ip") return parse_address(value);
    if (type == "uri") return Identifier::uri(value);
    if (type == "email") return Identifier::email(value);
    throw base::Error{Kind::unsupported_identifier,
                      "identifiers of type \"" + base::printable(type, 40) + "\" are not supported"};
}

// For the client to find what it sent; nothing when that is far too long to be a name.
std::string as_sent(const std::string& type, const std::string& value) {
    constexpr std::size_t k_limit = 512;
    if (type.size() + value.size() > k_limit) return {};
    return base::dump_json({{"type", type}, {"value", value}});
}

void add_identifier(const base::Json& item, std::vector<Identifier>& out, std::vector<base::ErrorPart>& refusals) {
    require_object(item, "identifier");
    const auto type = base::json_string(item, "type", "identifier");
    const auto value = base::json_string(item, "value", "identifier");
    try {
        auto identifier = parse_value(type, value);
        if (std::ranges::find(out, identifier) == out.end()) out.push_back(std::move(identifier));
    } catch (const base::Error& error) {
        const auto kind = error.kind() == Kind::unsupported_identifier ? error.kind() : Kind::rejected_identifier;
        refusals.push_back({base::printable(value), kind, error.message(), {}, as_sent(type, value)});
    }
}

[[noreturn]] void refuse(std::vector<base::ErrorPart> parts) {
    const bool unsupported =
        std::ranges::all_of(parts, [](const auto& part) { return part.kind == Kind::unsupported_identifier; });
    const auto& first = parts.front();
    auto message = parts.size() == 1 ? (first.identifier.empty() ? "" : first.identifier + ": ") + first.message
                                     : std::to_string(parts.size()) + " identifiers cannot be in a certificate";
    throw base::Error{unsupported ? Kind::unsupported_identifier : Kind::rejected_identifier,
                      std::move(message),
                      {},
                      std::move(parts)};
}

std::vector<Identifier> parse_identifiers(const base::Json& json, std::string_view what) {
    const auto list = json.find("identifiers");
    if (list == json.end() || !list->is_array() || list->empty()) {
        throw_malformed(std::string(what) + ": \"identifiers\" is not an array with at least one element");
    }
    if (list->size() > k_identifier_limit) {
        throw_malformed(std::string(what) + ": more than " + std::to_string(k_identifier_limit) + " identifiers");
    }
    std::vector<Identifier> identifiers;
    std::vector<base::ErrorPart> refusals;
    for (const auto& item : *list) add_identifier(item, identifiers, refusals);
    if (!refusals.empty()) refuse(std::move(refusals));
    return identifiers;
}

base::Json encode_identifiers(const std::vector<Identifier>& identifiers) {
    auto list = base::Json::array();
    for (const auto& identifier : identifiers) list.push_back(encode_identifier(identifier));
    return list;
}

}  // namespace

base::Json encode_identifier(const Identifier& identifier) {
    base::Json json;
    json["type"] = x509::type_name(identifier.type());
    json["value"] = identifier.text();
    return json;
}

NewOrderMessage parse_new_order(const base::Json& json) {
    require_object(json, "newOrder");
    NewOrderMessage message;
    message.identifiers = parse_identifiers(json, "newOrder");
    message.not_before = time_if_there(json, "notBefore", "newOrder");
    message.not_after = time_if_there(json, "notAfter", "newOrder");
    message.profile = base::json_string_if_there(json, "profile", "newOrder");
    message.replaces = base::json_string_if_there(json, "replaces", "newOrder");
    return message;
}

base::Json encode_new_order(const NewOrderMessage& message) {
    base::Json json;
    json["identifiers"] = encode_identifiers(message.identifiers);
    put_time(json, "notBefore", message.not_before);
    put_time(json, "notAfter", message.not_after);
    put_text(json, "profile", message.profile.value_or(std::string{}));
    put_text(json, "replaces", message.replaces.value_or(std::string{}));
    return json;
}

base::Json encode_order(const OrderMessage& order) {
    base::Json json;
    json["status"] = order.status;
    put_time(json, "expires", order.expires);
    json["identifiers"] = encode_identifiers(order.identifiers);
    put_text(json, "profile", order.profile);
    put_text(json, "replaces", order.replaces);
    put_time(json, "notBefore", order.not_before);
    put_time(json, "notAfter", order.not_after);
    put_problem(json, "error", order.error);
    json["authorizations"] = order.authorizations;
    json["finalize"] = order.finalize;
    put_text(json, "certificate", order.certificate);
    return json;
}

OrderMessage parse_order(const base::Json& json) {
    require_object(json, "order");
    OrderMessage order;
    order.status = base::json_string(json, "status", "order");
    order.expires = time_if_there(json, "expires", "order");
    order.identifiers = parse_identifiers(json, "order");
    order.profile = text_or_empty(json, "profile", "order");
    order.replaces = text_or_empty(json, "replaces", "order");
    order.not_before = time_if_there(json, "notBefore", "order");
    order.not_after = time_if_there(json, "notAfter", "order");
    order.authorizations = base::json_strings(json, "authorizations", "order");
    order.finalize = base::json_string(json, "finalize", "order");
    order.certificate = text_or_empty(json, "certificate", "order");
    order.error = problem_if_there(json, "error");
    return order;
}

base::Json encode_challenge(const ChallengeMessage& challenge) {
    base::Json json;
    json["type"] = challenge.type;
    json["url"] = challenge.url;
    json["status"] = challenge.status;
    put_text(json, "token", challenge.token);
    put_text(json, "accounturi", challenge.account_url);
    if (!challenge.issuer_names.empty()) {  // the name of draft-ietf-acme-dns-persist-02, and that of its forerunners
        json["issuerDomainNames"] = challenge.issuer_names;
        json["issuer-domain-names"] = challenge.issuer_names;
    }
    put_time(json, "validated", challenge.validated);
    put_problem(json, "error", challenge.error);
    return json;
}

ChallengeMessage parse_challenge(const base::Json& json) {
    require_object(json, "challenge");
    ChallengeMessage challenge;
    challenge.type = base::json_string(json, "type", "challenge");
    challenge.url = base::json_string(json, "url", "challenge");
    challenge.status = text_or_empty(json, "status", "challenge");
    challenge.token = text_or_empty(json, "token", "challenge");
    challenge.validated = time_if_there(json, "validated", "challenge");
    challenge.error = problem_if_there(json, "error");
    return challenge;
}

base::Json encode_authorization(const AuthorizationMessage& authorization) {
    base::Json json;
    if (authorization.identifier) json["identifier"] = encode_identifier(*authorization.identifier);
    json["status"] = authorization.status;
    put_time(json, "expires", authorization.expires);
    auto challenges = base::Json::array();
    for (const auto& challenge : authorization.challenges) challenges.push_back(encode_challenge(challenge));
    json["challenges"] = std::move(challenges);
    if (authorization.wildcard) json["wildcard"] = true;  // absent otherwise (RFC 8555 section 7.1.4)
    return json;
}

AuthorizationMessage parse_authorization(const base::Json& json) {
    require_object(json, "authorization");
    AuthorizationMessage authorization;
    authorization.status = base::json_string(json, "status", "authorization");
    authorization.expires = time_if_there(json, "expires", "authorization");
    authorization.wildcard = base::json_bool_if_there(json, "wildcard", "authorization").value_or(false);
    if (const auto item = json.find("identifier"); item != json.end()) {
        try {
            require_object(*item, "identifier");
            authorization.identifier = parse_value(base::json_string(*item, "type", "identifier"),
                                                   base::json_string(*item, "value", "identifier"));
        } catch (const base::Error&) {  // a type that we do not know: the caller has no use for it
            authorization.identifier.reset();
        }
    }
    const auto list = json.find("challenges");
    if (list == json.end() || !list->is_array()) throw_malformed("authorization: \"challenges\" is not an array");
    for (const auto& item : *list) authorization.challenges.push_back(parse_challenge(item));
    return authorization;
}

}  // namespace signet::acme
