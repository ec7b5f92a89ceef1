#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace signet::net {

/// Header fields in order; names compare without case.
using Headers = std::vector<std::pair<std::string, std::string>>;
const std::string* find_header(const Headers& headers, std::string_view name);

/// A request as the server's routes see it: framing is done, limits are kept, nothing is decoded twice.
struct Request {
    std::string method;  // "GET"
    std::string path;    // as sent, before '?', not percent-decoded
    std::string query;   // after '?'
    std::string scheme;  // "https" or "http": which listener took it
    std::string host;    // the Host header, as sent: "ca.internal:8443"
    Headers headers;
    std::string body;
    std::string remote_address;  // of the peer's socket, without port
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::shared_ptr<const base::Bytes> shared_body = {};  // when set, it is sent instead: for what many readers get
    std::string_view content() const { return shared_body ? base::text_of(*shared_body) : body; }
    static Response text(int status, std::string body);  // text/plain; charset=utf-8
    void set(std::string name, std::string value);       // replaces; a value with CR or LF is an internal error
    void add(std::string name, std::string value);       // a further field (Link)
};

/// Server and test clients are joined by this: a function from request to response. Thread-safe; must not throw
/// (server::App turns errors into problem documents).
using Handler = std::function<Response(const Request&)>;

/// What to answer to a request that the front refuses, of which there is as much as was read: its status and reason.
/// Thread-safe; must not throw.
using Refusal = std::function<Response(const Request& begun, int status, const std::string& reason)>;

/// An absolute http or https URL in its parts. `target` is path and query, at least "/".
struct Url {
    std::string scheme, host, target;  // host without brackets
    int port;
    std::string authority() const;  // host[:port], port left out when it is the scheme's own; IPv6 in brackets
    std::string text() const;
};
/// Throws bad_input naming the URL: no userinfo, no fragment, no control characters.
Url parse_url(std::string_view text);
/// A Location value against the URL it came from (RFC 3986 section 5.2).
Url resolve_url(const Url& base, std::string_view reference);

/// "host:port", "[v6]:port"; port 0 allowed. Throws bad_input naming `what`.
struct HostPort {
    std::string host;
    int port;
};
HostPort parse_host_port(std::string_view text, std::string_view what);

/// Retry-After: seconds or an HTTP date (RFC 9110 section 10.2.3), as seconds from `now`; nullopt when neither.
std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_unix);
std::string http_date(std::int64_t unix_time);

}  // namespace signet::net
