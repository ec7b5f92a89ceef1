// The objects of RFC 8555 in both directions: the first octet picks one. What was parsed is encoded, parsed and encoded
// again: both texts must be the same.
#include <nlohmann/json.hpp>

#include "acme/messages.h"
#include "acme/problem.h"
#include "client/renewal_information.h"
#include "fuzz/fuzz.h"

namespace signet::fuzz {
namespace {

template <class Parse, class Encode>
void check(const base::Json& json, Parse parse, Encode encode) {
    const auto message = accepted([&] { return parse(json); });
    if (!message) return;
    const auto once = encode(*message);
    require(encode(parse(once)) == once, "a message comes back");
}

void check_renewal_window(const base::Json& json) {
    const auto window = accepted([&] { return client::parse_renewal_window(json); });
    require(!window || window->start < window->end, "a window has a length");
}

void check_problem(std::string_view text) {
    const auto response = net::Response::text(400, std::string(text));
    const auto error = acme::from_problem(response, "asking");
    acme::problem_type(response);
    acme::from_problem_document(text, "asking");
    const auto problem = acme::to_problem(error, "event");
    base::parse_json(problem.document, "problem");
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto kind = parts.number() % 9;
    if (kind == 8) return check_problem(parts.rest_text());
    const auto parsed = accepted([&] { return base::parse_json(parts.rest_text(), "message"); });
    if (!parsed) return;
    const auto& json = *parsed;
    switch (kind) {
        case 0:
            return check(json, acme::parse_directory, acme::encode_directory);
        case 1:
            return check(json, acme::parse_account, acme::encode_account);
        case 2:
            return check(json, acme::parse_new_account, acme::encode_new_account);
        case 3:
            return check(json, acme::parse_new_order, acme::encode_new_order);
        case 4:
            return check(json, acme::parse_order, acme::encode_order);
        case 5:
            return check(json, acme::parse_challenge, acme::encode_challenge);
        case 6:
            return check(json, acme::parse_authorization, acme::encode_authorization);
        default:
            return check_renewal_window(json);
    }
}

}  // namespace signet::fuzz
