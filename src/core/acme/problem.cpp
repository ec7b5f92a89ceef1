#include "acme/problem.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "acme/messages.h"
#include "base/text.h"
#include "jose/jwk.h"

namespace signet::acme {
namespace {

constexpr std::string_view k_urn = "urn:ietf:params:acme:error:";
constexpr std::size_t k_detail_limit = 500;         // of a foreign server's sentence, for our terminal
constexpr std::size_t k_document_limit = 64 << 10;  // a longer problem document is not read

struct Row {
    std::string_view type;
    int status;
};

// RFC 8555 section 6.7 names the types; the statuses are those its text demands, else what servers in the field use.
Row row_of(base::Kind kind) {
    using base::Kind;
    switch (kind) {
        case Kind::usage:
            return {"malformed", 400};
        case Kind::bad_input:
            return {"malformed", 400};
        case Kind::not_found:
            return {"malformed", 404};
        case Kind::exists:
            return {"malformed", 409};
        case Kind::permission:
            return {"serverInternal", 500};
        case Kind::disk:
            return {"serverInternal", 500};
        case Kind::environment:
            return {"serverInternal", 500};
        case Kind::store_busy:
            return {"serverInternal", 503};
        case Kind::corrupt:
            return {"serverInternal", 500};
        case Kind::refused:
            return {"unauthorized", 403};
        case Kind::ca_not_valid:
            return {"serverInternal", 503};
        case Kind::rejected_identifier:
            return {"rejectedIdentifier", 400};
        case Kind::bad_csr:
            return {"badCSR", 400};
        case Kind::bad_public_key:
            return {"badPublicKey", 400};
        case Kind::bad_signature_algorithm:
            return {"badSignatureAlgorithm", 400};
        case Kind::unauthorized:
            return {"unauthorized", 401};
        case Kind::account_does_not_exist:
            return {"accountDoesNotExist", 400};
        case Kind::unsupported_identifier:
            return {"unsupportedIdentifier", 400};
        case Kind::invalid_contact:
            return {"invalidContact", 400};
        case Kind::unsupported_contact:
            return {"unsupportedContact", 400};
        case Kind::user_action_required:
            return {"userActionRequired", 403};
        case Kind::order_not_ready:
            return {"orderNotReady", 403};
        case Kind::already_revoked:
            return {"alreadyRevoked", 400};
        case Kind::already_replaced:
            return {"alreadyReplaced", 409};
        case Kind::invalid_profile:
            return {"invalidProfile", 400};
        case Kind::bad_revocation_reason:
            return {"badRevocationReason", 400};
        case Kind::malformed:
            return {"malformed", 400};
        case Kind::bad_nonce:
            return {"badNonce", 400};
        case Kind::rate_limited:
            return {"rateLimited", 429};
        case Kind::external_account_required:
            return {"externalAccountRequired", 403};
        case Kind::caa:
            return {"caa", 403};
        case Kind::dns:
            return {"dns", 400};
        case Kind::connection:
            return {"connection", 400};
        case Kind::tls:
            return {"tls", 400};
        case Kind::incorrect_response:
            return {"incorrectResponse", 403};
        case Kind::remote_problem:
            return {"serverInternal", 502};
        case Kind::timeout:
            return {"connection", 400};
        case Kind::internal:
            return {"serverInternal", 500};
    }
    return {"serverInternal", 500};
}

// The way back. Types that name a fault of the server, and those we do not know, are remote_problem.
std::optional<base::Kind> kind_of(std::string_view type) {
    using base::Kind;
    for (const Kind kind : {Kind::malformed,
                            Kind::rejected_identifier,
                            Kind::bad_csr,
                            Kind::bad_public_key,
                            Kind::bad_signature_algorithm,
                            Kind::unauthorized,
                            Kind::account_does_not_exist,
                            Kind::unsupported_identifier,
                            Kind::invalid_contact,
                            Kind::unsupported_contact,
                            Kind::user_action_required,
                            Kind::order_not_ready,
                            Kind::already_revoked,
                            Kind::already_replaced,
                            Kind::invalid_profile,
                            Kind::bad_revocation_reason,
                            Kind::bad_nonce,
                            Kind::rate_limited,
                            Kind::external_account_required,
                            Kind::caa,
                            Kind::dns,
                            Kind::connection,
                            Kind::tls,
                            Kind::incorrect_response}) {
        if (row_of(kind).type == type) return kind;
    }
    return std::nullopt;
}

std::string with_prefix(std::string_view type) {
    std::string result(k_urn);
    result += type;
    return result;
}

bool hidden(base::Kind kind) { return row_of(kind).type == "serverInternal"; }

// Where the server is at fault, what else is wrong with the request is not the point.
base::Kind kind_shown(const base::Error& error) {
    for (const auto& part : error.parts())
        if (hidden(part.kind)) return part.kind;
    return error.kind();
}

// Several reasons of one kind are that kind; of several kinds, "compound" (RFC 8555 section 6.7).
Row row_of(const base::Error& error) {
    const auto& parts = error.parts();
    if (hidden(kind_shown(error))) return row_of(kind_shown(error));
    if (error.kind() != base::Kind::refused || parts.empty()) return row_of(error.kind());
    const bool alike =
        std::ranges::all_of(parts, [&](const base::ErrorPart& part) { return part.kind == parts.front().kind; });
    return alike ? row_of(parts.front().kind) : Row{"compound", 403};
}

base::Json identifier_of(const std::string& text) {
    try {
        return encode_identifier(x509::Identifier::parse(text));
    } catch (const base::Error&) {  // the very thing that was refused: a name that is none
        base::Json json;
        json["type"] = "dns";
        json["value"] = text;
        return json;
    }
}

base::Json subproblem(const base::ErrorPart& part) {
    base::Json json;
    json["type"] = with_prefix(row_of(part.kind).type);
    json["detail"] = part.message;
    if (!part.sent.empty()) {
        json["identifier"] = base::parse_json(part.sent, "identifier");
    } else if (!part.identifier.empty()) {
        json["identifier"] = identifier_of(part.identifier);
    }
    return json;
}

std::string detail_of(const base::Error& error, const std::string& event_id) {
    if (hidden(kind_shown(error))) {
        return "the server could not do this" +
               (event_id.empty() ? std::string{} : "; its log has it as event " + event_id);
    }
    // Where there are parts, the hint is for who runs the CA: its options and files are nothing for a client.
    const bool plain = error.hint().empty() || !error.parts().empty();
    return plain ? error.message() : error.message() + "; " + error.hint();
}

std::string strip_prefix(std::string_view type) {
    return std::string(type.starts_with(k_urn) ? type.substr(k_urn.size()) : type);
}

std::optional<base::Json> parse_document(std::string_view text) {
    try {
        auto json = base::parse_json(text, "problem document", {.depth = 16, .size = k_document_limit});
        if (json.is_object()) return json;
    } catch (const base::Error&) {  // a proxy's HTML page: no problem document
    }
    return std::nullopt;
}

std::string text_member(const base::Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<base::ErrorPart> parts_of(const base::Json& document) {
    std::vector<base::ErrorPart> parts;
    const auto found = document.find("subproblems");
    if (found == document.end() || !found->is_array()) return parts;
    for (const auto& item : *found) {
        if (!item.is_object()) continue;
        const auto type = strip_prefix(text_member(item, "type"));
        const auto identifier = item.find("identifier");
        const bool named = identifier != item.end() && identifier->is_object();
        parts.push_back({named ? base::printable(text_member(*identifier, "value")) : std::string{},
                         kind_of(type).value_or(base::Kind::remote_problem),
                         base::printable(text_member(item, "detail"), k_detail_limit)});
    }
    return parts;
}

base::Error error_of(const base::Json& document, int status, const std::string& doing) {
    const auto type = strip_prefix(text_member(document, "type"));
    auto detail = base::printable(text_member(document, "detail"), k_detail_limit);
    if (detail.empty()) detail = status != 0 ? "status " + std::to_string(status) : "no reason given";
    const auto named = type.empty() ? std::string{} : " (" + base::printable(type, 60) + ")";
    return {kind_of(type).value_or(base::Kind::remote_problem),
            doing + ": the server says: " + detail + named,
            {},
            parts_of(document)};
}

}  // namespace

Problem to_problem(const base::Error& error, const std::string& event_id) {
    const Row row = row_of(error);
    Problem problem{row.status, with_prefix(row.type), detail_of(error, event_id), {}};
    base::Json json;
    json["type"] = problem.type;
    json["detail"] = problem.detail;
    json["status"] = problem.status;
    if (error.kind() == base::Kind::bad_signature_algorithm) json["algorithms"] = jose::accepted_algorithms();
    if (!hidden(kind_shown(error)) && !error.parts().empty()) {
        auto list = base::Json::array();
        for (const auto& part : error.parts()) list.push_back(subproblem(part));
        json["subproblems"] = std::move(list);
    }
    problem.document = base::dump_json(json);
    return problem;
}

Problem make_problem(int status, std::string_view type, std::string detail) {
    Problem problem{status, with_prefix(type), std::move(detail), {}};
    base::Json json;
    json["type"] = problem.type;
    json["detail"] = problem.detail;
    json["status"] = status;
    problem.document = base::dump_json(json);
    return problem;
}

net::Response problem_response(const Problem& problem) {
    net::Response response;
    response.status = problem.status;
    response.set("Content-Type", "application/problem+json");
    response.body = problem.document;
    return response;
}

base::Error from_problem(const net::Response& response, const std::string& doing) {
    if (const auto document = parse_document(response.body)) return error_of(*document, response.status, doing);
    return {base::Kind::remote_problem, doing + ": the server answered with status " + std::to_string(response.status)};
}

base::Error from_problem_document(std::string_view json, const std::string& doing) {
    if (const auto document = parse_document(json)) return error_of(*document, 0, doing);
    return {base::Kind::remote_problem, doing + ": the server gave no reason"};
}

std::string problem_type(const net::Response& response) {
    const auto document = parse_document(response.body);
    if (!document) return {};
    const auto type = text_member(*document, "type");
    return type.starts_with(k_urn) ? strip_prefix(type) : std::string{};
}

}  // namespace signet::acme
