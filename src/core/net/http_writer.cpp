#include "net/http_writer.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/http_fields.h"

namespace signet::net {

namespace {

constexpr std::size_t k_largest_copy = 16 << 10;  // of a shared body; one record of TLS

struct Phrase {
    int status;
    std::string_view text;
};
constexpr std::array<Phrase, 37> k_phrases{{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

bool is_framing_field(std::string_view name) {
    constexpr std::array<std::string_view, 4> ours{"Content-Length", "Connection", "Transfer-Encoding", "Date"};
    return std::any_of(ours.begin(), ours.end(), [&](std::string_view field) { return base::iequals(field, name); });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto row =
        std::find_if(k_phrases.begin(), k_phrases.end(), [&](const Phrase& p) { return p.status == status; });
    return row == k_phrases.end() ? std::string_view() : row->text;
}

Serialized serialize(const Response& response, const WriteOptions& options, std::int64_t now_unix) {
    const bool no_content = response.status == 204 || response.status == 304 || response.status < 200;
    const bool with_body = !no_content && !options.head;
    const bool apart = with_body && response.shared_body && response.shared_body->size() > k_largest_copy;
    std::string out;
    out.reserve(256 + 48 * response.headers.size() + (with_body && !apart ? response.content().size() : 0));
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out.append(reason_phrase(response.status)).append("\r\n");
    append_field(out, "Date", http_date(now_unix));
    for (const auto& [name, value] : response.headers) {
        // Response::set refuses these already; a struct filled by hand must not split the response either.
        if (is_token(name) && is_field_value(value) && !is_framing_field(name)) append_field(out, name, value);
    }
    if (!no_content) append_field(out, "Content-Length", std::to_string(response.content().size()));
    if (options.close) append_field(out, "Connection", "close");
    out.append("\r\n");
    if (with_body && !apart) out.append(response.content());
    return {std::move(out), apart ? response.shared_body : nullptr};
}

}  // namespace signet::net
