#include <algorithm>

#include "base/text.h"
#include "net/address.h"
#include "net/http_parser.h"

namespace signet::net {

namespace {

std::vector<std::string_view> values_of(const Headers& headers, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : headers) {
        if (base::iequals(key, name)) values.push_back(value);
    }
    return values;
}

std::optional<RequestFailure> apply_host(RequestHead& head) {
    const auto hosts = values_of(head.request.headers, "Host");
    if (hosts.size() > 1) return RequestFailure{400, "more than one Host"};
    if (hosts.empty() && head.minor_version > 0) return RequestFailure{400, "no Host"};
    if (!hosts.empty() && !is_authority(hosts[0])) return RequestFailure{400, "malformed Host"};
    if (!hosts.empty() && head.request.host.empty()) head.request.host = std::string(hosts[0]);
    return std::nullopt;
}

std::optional<RequestFailure> apply_transfer_encoding(RequestHead& head, const std::vector<std::string_view>& codings) {
    if (codings.empty()) return std::nullopt;
    if (head.minor_version == 0) return RequestFailure{400, "Transfer-Encoding in HTTP/1.0"};
    if (codings.size() > 1) return RequestFailure{400, "more than one Transfer-Encoding"};
    if (!base::iequals(codings[0], "chunked")) {
        const bool ours_too = list_has(codings[0], "chunked");
        return RequestFailure{ours_too ? 400 : 501, "the only transfer coding understood here is chunked"};
    }
    head.chunked = true;
    return std::nullopt;
}

std::optional<RequestFailure> apply_length(RequestHead& head, std::size_t body_bytes) {
    const auto lengths = values_of(head.request.headers, "Content-Length");
    const auto codings = values_of(head.request.headers, "Transfer-Encoding");
    if (!lengths.empty() && !codings.empty()) return RequestFailure{400, "Content-Length with Transfer-Encoding"};
    if (lengths.size() > 1) return RequestFailure{400, "more than one Content-Length"};
    if (auto failure = apply_transfer_encoding(head, codings)) return failure;
    if (!lengths.empty()) {
        // All digits but too many of them is a length like any other, only too large.
        const bool huge = base::is_digits(lengths[0]) && !lengths[0].empty() && lengths[0].size() > 15;
        head.length = parse_length(lengths[0]);
        if (!head.length && !huge) return RequestFailure{400, "malformed Content-Length"};
        if (huge || *head.length > body_bytes) return RequestFailure{413, "the request body is too large"};
    }
    const auto& method = head.request.method;
    const bool needs_length = method == "POST" || method == "PUT" || method == "PATCH";
    if (needs_length && !head.chunked && !head.length) return RequestFailure{411, "no Content-Length"};
    return std::nullopt;
}

std::optional<RequestFailure> apply_content_encoding(const RequestHead& head) {
    const auto codings = values_of(head.request.headers, "Content-Encoding");
    const bool plain = std::all_of(codings.begin(), codings.end(),
                                   [](std::string_view coding) { return base::iequals(coding, "identity"); });
    if (plain) return std::nullopt;
    return RequestFailure{415, "send the body without Content-Encoding"};
}

std::optional<RequestFailure> apply_expect(RequestHead& head) {
    for (const auto value : values_of(head.request.headers, "Expect")) {
        if (head.minor_version == 0) continue;  // RFC 9110 section 10.1.1: to be ignored there
        if (!base::iequals(value, "100-continue")) return RequestFailure{417, "the only expectation is 100-continue"};
        head.expects_continue = true;
    }
    return std::nullopt;
}

}  // namespace

std::optional<RequestFailure> apply_framing(RequestHead& head, std::size_t body_bytes) {
    for (const auto value : values_of(head.request.headers, "Connection")) {
        if (list_has(value, "close")) head.close = true;
    }
    if (auto failure = apply_host(head)) return failure;
    if (auto failure = apply_content_encoding(head)) return failure;
    if (auto failure = apply_length(head, body_bytes)) return failure;
    return apply_expect(head);
}

bool is_authority(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && (!text.starts_with('[') || colon > text.find(']'))) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    if (host.empty() || host.size() > 255 || port.size() > 5 || (!port.empty() && !base::is_digits(port))) return false;
    if (host.starts_with('[')) {
        return host.ends_with(']') && host.find(':') != std::string_view::npos &&
               Address::parse(host.substr(1, host.size() - 2));
    }
    return std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_';
    });
}

}  // namespace signet::net
