#include "net/http_parser.h"

#include <algorithm>

#include "base/text.h"

namespace signet::net {

namespace {

constexpr std::size_t k_method_length = 24;  // longer than any registered method

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Visible ASCII without what RFC 3986 keeps out of paths and queries; percent signs in whole escapes only.
bool is_origin_form(std::string_view target) {
    constexpr std::string_view never = "\"#<>\\^`{|}";
    if (!target.starts_with('/')) return false;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char c = target[i];
        if (c <= ' ' || c >= 0x7f || never.find(c) != std::string_view::npos) return false;
        if (c == '%' && (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2]))) return false;
    }
    return true;
}

/// "http://host/path" to host and "/path"; nullopt for any other form.
std::optional<std::pair<std::string_view, std::string_view>> split_absolute_form(std::string_view target) {
    const auto mark = target.find("://");
    if (mark == std::string_view::npos) return std::nullopt;
    const auto scheme = target.substr(0, mark);
    if (!base::iequals(scheme, "http") && !base::iequals(scheme, "https")) return std::nullopt;
    const auto rest = target.substr(mark + 3);
    const auto path = rest.find_first_of("/?");
    if (path == std::string_view::npos) return std::pair{rest, std::string_view()};
    return std::pair{rest.substr(0, path), rest.substr(path)};
}

}  // namespace

void RequestParser::feed(std::string_view& input) {
    while (!input.empty() && state_ != State::done && state_ != State::failed) {
        if (state_ == State::body) {
            on_body_bytes(input);
        } else {
            on_head_bytes(input);
        }
    }
}

RequestHead RequestParser::take() {
    RequestHead taken = std::move(head_);
    *this = RequestParser(*limits_, body_bytes_);
    return taken;
}

void RequestParser::fail(int status, std::string reason) {
    state_ = State::failed;
    failure_ = RequestFailure{status, std::move(reason)};
}

void RequestParser::on_head_bytes(std::string_view& input) {
    state_ = State::head;
    const bool first = head_.request.method.empty();
    const auto result = line_.feed(input, limits_->header_bytes - std::min(head_bytes_, limits_->header_bytes));
    if (result == LineBuffer::Result::more) return;
    if (result == LineBuffer::Result::too_long) {
        return fail(first ? 414 : 431, first ? "the request target is too long" : "the header fields are too large");
    }
    if (result == LineBuffer::Result::bad) return fail(400, "a line does not end with CR LF");
    const bool leading_empty_line = first && line_.empty() && head_bytes_ == 0;  // RFC 9112 section 2.2: one is skipped
    head_bytes_ += line_.line().size() + 2;
    if (leading_empty_line) {
        state_ = State::head;
    } else if (first) {
        on_request_line(line_.line());
    } else if (line_.empty()) {
        on_head_end();
    } else {
        on_field_line(line_.line());
    }
    line_.clear();
}

void RequestParser::on_request_line(std::string_view line) {
    const auto parts = base::split(line, ' ');
    if (parts.size() != 3 || !is_token(parts[0])) return fail(400, "malformed request line");
    if (parts[0].size() > k_method_length) return fail(501, "unknown method");
    const auto version = parts[2];
    if (!version.starts_with("HTTP/") || version.size() != 8 || version[6] != '.' ||
        !base::is_digits(version.substr(5, 1)) || !base::is_digits(version.substr(7, 1))) {
        return fail(400, "malformed request line");
    }
    if (version[5] != '1') return fail(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    head_.minor_version = version[7] == '0' ? 0 : 1;
    head_.close = head_.minor_version == 0;
    head_.request.method = std::string(parts[0]);
    on_target(parts[1]);
}

void RequestParser::on_target(std::string_view target) {
    if (head_.request.method == "CONNECT" || target == "*") return fail(501, "this is no proxy");
    if (const auto absolute = split_absolute_form(target)) {
        if (!is_authority(absolute->first)) return fail(400, "malformed request target");
        head_.request.host = std::string(absolute->first);  // beats the Host field, RFC 9112 section 3.2.2
        target = absolute->second;
    }
    const std::string path = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
    const bool absolute = !head_.request.host.empty();
    if (!is_origin_form(absolute ? std::string_view(path) : target)) return fail(400, "malformed request target");
    const auto query = path.find('?');
    head_.request.path = path.substr(0, query);
    if (query != std::string::npos) head_.request.query = path.substr(query + 1);
}

void RequestParser::on_field_line(std::string_view line) {
    if (head_.request.headers.size() >= limits_->header_lines) return fail(431, "too many header fields");
    if (line.front() == ' ' || line.front() == '\t') return fail(400, "folded header fields are obsolete");
    auto field = parse_field_line(line);
    if (!field) return fail(400, "malformed header field");
    head_.request.headers.push_back(std::move(*field));
}

void RequestParser::on_head_end() {
    if (auto failure = apply_framing(head_, body_bytes_)) return fail(failure->status, std::move(failure->reason));
    if (head_.chunked) {
        chunks_.emplace(ChunkedDecoder::Limits{body_bytes_, limits_->header_bytes, limits_->header_lines});
    }
    const bool has_body = head_.chunked || head_.length.value_or(0) > 0;
    state_ = has_body ? State::body : State::done;
}

void RequestParser::on_body_bytes(std::string_view& input) {
    auto& body = head_.request.body;
    if (!chunks_) {
        const auto taken = std::min<std::size_t>(input.size(), *head_.length - body.size());
        body.append(input.substr(0, taken));
        input.remove_prefix(taken);
        if (body.size() == *head_.length) state_ = State::done;
        return;
    }
    switch (chunks_->feed(input, body)) {
        case ChunkedDecoder::State::more:
            return;
        case ChunkedDecoder::State::done:
            state_ = State::done;
            return;
        case ChunkedDecoder::State::malformed:
            return fail(400, "malformed chunked body");
        case ChunkedDecoder::State::too_large:
            return fail(413, "the request body is too large");
    }
}

}  // namespace signet::net
