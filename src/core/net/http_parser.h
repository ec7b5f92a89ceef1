#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http_chunked.h"
#include "net/http_fields.h"
#include "net/http_server.h"

namespace signet::net {

/// A request line and header section once read, with what they say about the rest of the message.
struct RequestHead {
    Request request;
    int minor_version = 1;
    bool close = false;  // the client's wish; always for HTTP/1.0
    bool expects_continue = false;
    bool chunked = false;
    std::optional<std::uint64_t> length;
};

/// Why a request cannot be served. After one, nothing that follows on the connection can be trusted.
struct RequestFailure {
    int status;
    std::string reason;
};

/// Bytes in, one request out (RFC 9112), without a socket: strict where two readers could disagree about where a
/// message ends. Refuses bare LF, obs-fold, white space before a colon, Content-Length with Transfer-Encoding or twice
/// or malformed, transfer codings but "chunked", any Content-Encoding, a missing or repeated Host. Every limit is
/// checked before bytes are kept, and every byte is looked at once.
class RequestParser {
public:
    enum class State { idle, head, body, done, failed };

    /// `limits` must outlive the parser; `body_bytes` counts where it is less than theirs.
    explicit RequestParser(const HttpLimits& limits, std::size_t body_bytes = std::numeric_limits<std::size_t>::max())
        : limits_(&limits), body_bytes_(std::min(body_bytes, limits.body_bytes)) {}

    /// Takes what belongs to this request off the front of `input`; what is left belongs to the next one.
    void feed(std::string_view& input);

    State state() const { return state_; }
    const RequestHead& head() const { return head_; }            // from state body on; when failed, as far as it came
    const RequestFailure& failure() const { return *failure_; }  // in state failed
    /// The request, when done. Leaves the parser ready for the next one.
    RequestHead take();

private:
    void on_head_bytes(std::string_view& input);
    void on_body_bytes(std::string_view& input);
    void on_request_line(std::string_view line);
    void on_target(std::string_view target);
    void on_field_line(std::string_view line);
    void on_head_end();
    void fail(int status, std::string reason);

    const HttpLimits* limits_;
    std::size_t body_bytes_;
    State state_ = State::idle;
    RequestHead head_;
    LineBuffer line_;
    std::size_t head_bytes_ = 0;
    std::optional<ChunkedDecoder> chunks_;
    std::optional<RequestFailure> failure_;
};

/// What a head's fields say about framing, or why they are refused. Apart from the parser to be read as one page.
std::optional<RequestFailure> apply_framing(RequestHead& head, std::size_t body_bytes);
/// "ca.internal:8443", "[::1]:8443": a Host value or authority that names a host.
bool is_authority(std::string_view text);

}  // namespace signet::net
