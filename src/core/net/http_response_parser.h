#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http_chunked.h"
#include "net/http_fields.h"

namespace signet::net {

/// Bytes in, one response out (RFC 9112 sections 4 and 6.3), bounded in every part. A little more patient than the
/// server's parser: answers come from servers that others wrote, so a bare LF ends a line.
class ResponseParser {
public:
    enum class State { head, body, done, malformed, too_large };

    ResponseParser(bool to_head_request, std::size_t body_limit) : to_head_(to_head_request), body_limit_(body_limit) {}

    /// Takes what belongs to this response off the front of `input`. Interim (1xx) responses are skipped.
    void feed(std::string_view& input);
    /// The other side ended the stream: completes a body that runs until then (RFC 9112 section 6.3, rule 8).
    void end_of_stream();

    State state() const { return state_; }
    bool begun() const { return begun_; }
    /// May another request follow on this connection?
    bool keep_alive() const { return keep_alive_; }
    Response take() { return std::move(response_); }

private:
    void on_line(std::string_view line);
    void on_status_line(std::string_view line);
    void on_head_end();
    bool set_length();
    void on_body_bytes(std::string_view& input);

    const bool to_head_;
    const std::size_t body_limit_;
    State state_ = State::head;
    Response response_;
    LineBuffer line_;
    std::size_t head_bytes_ = 0;
    bool begun_ = false;
    bool status_read_ = false;
    bool keep_alive_ = false;
    std::optional<std::uint64_t> length_;
    std::optional<ChunkedDecoder> chunks_;
};

}  // namespace signet::net
