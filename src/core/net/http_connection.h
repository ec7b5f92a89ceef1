#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/http_writer.h"
#include "net/stream.h"

namespace signet::net {

/// What the connections of one server have in common; outlives them.
struct ConnectionContext {
    const Handler& handler;
    const Refusal& refusal;  // may be empty
    const HttpLimits& limits;
    const std::atomic<bool>& draining;  // every response is then the last one of its connection
    HttpCounters& counters;
};

/// One accepted connection as a state machine that never blocks: handshake, then requests in order, each read whole,
/// answered by the handler, and written, until either side is done. Whoever drives it holds a lock around each call.
class HttpConnection {
public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Next {
        read,   // call advance() when readable
        write,  // ... writable
        yield,  // ... at once, but others first
        close,  // destroy it
    };

    /// `body_bytes`: the largest body that this one takes.
    HttpConnection(const ConnectionContext& context, std::size_t body_bytes, Stream stream, std::string remote_address);

    /// Goes as far as it goes without waiting; runs the handler for each whole request.
    Next advance();
    /// The deadline has passed: answers 408 to half a request, else ends the connection.
    Next expire();
    /// When expire() is due, unless advance() has moved it on.
    Time deadline() const { return deadline_; }
    /// Between two requests: closing now hurts nobody.
    bool at_rest() const;
    int fd() const { return stream_.fd(); }

private:
    enum class Phase { handshake, reading, writing, lingering };
    enum class Go { on, read, write, yield, close };

    Go shake_hands();
    Go read();
    Go write();
    Go linger();
    Go wait_for(Stream::Status status);
    void take_in(std::string_view bytes);
    void answer(RequestHead head);
    void refuse(int status, const std::string& reason);
    void start_writing(Serialized answer, bool close);
    Time write_deadline() const;
    Go finish();

    const ConnectionContext* context_;
    Stream stream_;
    std::string remote_address_;
    RequestParser parser_;
    std::string pending_;  // what came behind the request being answered
    Serialized out_;
    std::size_t written_ = 0;  // of both parts of out_
    Time began_writing_;
    std::size_t discarded_ = 0;
    int turn_ = 0;  // requests answered in this advance()
    Phase phase_;
    bool close_after_write_ = false;
    bool bytes_may_follow_ = false;  // the client may still be sending: see finish()
    bool continued_ = false;         // 100 Continue was sent for this request
    Time deadline_;
};

}  // namespace signet::net
