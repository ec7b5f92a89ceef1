#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "net/http.h"

namespace signet::acme {

/// RFC 7807 document with RFC 8555's types: "urn:ietf:params:acme:error:badNonce" and so on.
struct Problem {
    int status;
    std::string type, detail;
    std::string document;  // JSON text, with subproblems, `algorithms` where due; no empty members
};

/// The one translation of a kind to type and HTTP status. `internal` and `disk` show a fixed sentence and the event
/// id to search the log for, nothing else.
Problem to_problem(const base::Error& error, const std::string& event_id);
/// A problem that HTTP itself knows and no kind has: 405, 413, 415, 421. `type` without its prefix.
Problem make_problem(int status, std::string_view type, std::string detail);
net::Response problem_response(const Problem& problem);

/// What the other side answered, as an Error: remote_problem, or the kind of its type; subproblems become parts.
base::Error from_problem(const net::Response& response, const std::string& doing);
/// A problem document inside another object (an order's or a challenge's `error`), as from_problem does.
base::Error from_problem_document(std::string_view json, const std::string& doing);
/// "badNonce" of "urn:ietf:params:acme:error:badNonce"; empty when the body is no problem document.
std::string problem_type(const net::Response& response);

}  // namespace signet::acme
