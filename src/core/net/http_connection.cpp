#include "net/http_connection.h"

#include <array>
#include <exception>

#include "base/log.h"

namespace signet::net {

namespace {

constexpr int k_requests_per_turn = 32;  // then a pipelining client lets others have the thread
// A connection closed with unread input is reset, and the reset can overtake our answer: so the rest is read and
// dropped, for so long and so much at most.
constexpr auto k_linger = std::chrono::seconds(2);
constexpr std::size_t k_linger_bytes = 1 << 20;
constexpr std::size_t k_read_size = 16 << 10;

std::int64_t unix_now() {
    // The Date field is the machine's time by definition; no decision hangs on it.
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

HttpConnection::Time in(std::chrono::milliseconds span) { return std::chrono::steady_clock::now() + span; }

Response call(const Handler& handler, const Request& request) {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        base::log(base::Level::error, "a request handler threw", {{"path", request.path}, {"error", error.what()}});
    }
    return Response::text(500, "internal error\n");
}

}  // namespace

HttpConnection::HttpConnection(const ConnectionContext& context, std::size_t body_bytes, Stream stream,
                               std::string remote_address)
    : context_(&context),
      stream_(std::move(stream)),
      remote_address_(std::move(remote_address)),
      parser_(context.limits, body_bytes),
      phase_(stream_.ssl() != nullptr ? Phase::handshake : Phase::reading),
      deadline_(in(phase_ == Phase::handshake ? context.limits.handshake : context.limits.idle)) {}

bool HttpConnection::at_rest() const {
    return phase_ == Phase::reading && parser_.state() == RequestParser::State::idle && pending_.empty();
}

HttpConnection::Next HttpConnection::advance() {
    turn_ = 0;
    for (;;) {
        Go go = Go::on;
        switch (phase_) {
            case Phase::handshake:
                go = shake_hands();
                break;
            case Phase::reading:
                go = read();
                break;
            case Phase::writing:
                go = write();
                break;
            case Phase::lingering:
                go = linger();
                break;
        }
        switch (go) {
            case Go::on:
                continue;
            case Go::read:
                return Next::read;
            case Go::write:
                return Next::write;
            case Go::yield:
                return Next::yield;
            case Go::close:
                return Next::close;
        }
    }
}

HttpConnection::Next HttpConnection::expire() {
    const auto state = parser_.state();
    const bool half_a_request =
        phase_ == Phase::reading && (state == RequestParser::State::head || state == RequestParser::State::body);
    if (half_a_request) {
        context_->counters.requests_too_slow.add();
        refuse(408, "the request did not come in time");
        return advance();
    }
    if (phase_ == Phase::handshake) context_->counters.handshakes_timed_out.add();
    if (at_rest()) stream_.shutdown();
    if (phase_ == Phase::writing) stream_.abort();
    return Next::close;
}

HttpConnection::Go HttpConnection::wait_for(Stream::Status status) {
    switch (status) {
        case Stream::Status::done:
            return Go::on;
        case Stream::Status::want_read:
            return Go::read;
        case Stream::Status::want_write:
            return Go::write;
        case Stream::Status::closed:
        case Stream::Status::failed:
            return Go::close;
    }
    return Go::close;
}

HttpConnection::Go HttpConnection::shake_hands() {
    const auto result = stream_.handshake();
    auto& counters = context_->counters;
    if (result.status == Stream::Status::done) {
        (stream_.resumed() ? counters.handshakes_resumed : counters.handshakes_full).add();
        phase_ = Phase::reading;
        deadline_ = in(context_->limits.idle);
    }
    const auto go = wait_for(result.status);
    if (go == Go::close) counters.handshakes_failed.add();
    return go;
}

HttpConnection::Go HttpConnection::read() {
    if (turn_ >= k_requests_per_turn) return Go::yield;
    if (!pending_.empty()) {
        const std::string bytes = std::exchange(pending_, {});
        take_in(bytes);
        return Go::on;
    }
    std::array<char, k_read_size> buffer;
    const auto result = stream_.read(buffer.data(), buffer.size());
    if (result.status == Stream::Status::closed && at_rest()) stream_.shutdown();
    if (result.status != Stream::Status::done) return wait_for(result.status);
    take_in({buffer.data(), result.size});
    return Go::on;
}

void HttpConnection::take_in(std::string_view bytes) {
    const auto before = parser_.state();
    parser_.feed(bytes);
    pending_.assign(bytes);
    const auto state = parser_.state();
    if (state == RequestParser::State::failed) {
        context_->counters.requests_malformed.add();
        return refuse(parser_.failure().status, parser_.failure().reason);
    }
    if (state == RequestParser::State::done) return answer(parser_.take());
    if (state == before) return;
    deadline_ = in(state == RequestParser::State::body ? context_->limits.body : context_->limits.header);
    // RFC 9110 section 10.1.1: a client that has begun to send the body needs no invitation.
    if (state == RequestParser::State::body && parser_.head().expects_continue && !continued_) {
        continued_ = true;
        if (parser_.head().request.body.empty()) start_writing({"HTTP/1.1 100 Continue\r\n\r\n", nullptr}, false);
    }
}

void HttpConnection::answer(RequestHead head) {
    head.request.scheme = stream_.ssl() != nullptr ? "https" : "http";
    head.request.remote_address = remote_address_;
    ++turn_;
    const Response response = call(context_->handler, head.request);
    const bool close = head.close || context_->draining.load();
    continued_ = false;
    bytes_may_follow_ = !pending_.empty();
    start_writing(serialize(response, {head.request.method == "HEAD", close}, unix_now()), close);
}

void HttpConnection::refuse(int status, const std::string& reason) {
    // The handler never sees it, so that its line in the access log is made here; method and path as far as they came.
    auto request = parser_.head().request;
    request.scheme = stream_.ssl() != nullptr ? "https" : "http";
    request.remote_address = remote_address_;
    const Response response =
        context_->refusal ? context_->refusal(request, status, reason) : Response::text(status, reason + "\n");
    base::log(base::Level::info, "request",
              {{"method", request.method.empty() ? "-" : request.method},
               {"path", request.path.empty() ? "-" : request.path},
               {"status", std::to_string(response.status)},
               {"remote", remote_address_},
               {"detail", reason}});
    pending_.clear();
    bytes_may_follow_ = true;
    start_writing(serialize(response, {false, true}, unix_now()), true);
}

void HttpConnection::start_writing(Serialized answer, bool close) {
    out_ = std::move(answer);
    written_ = 0;
    close_after_write_ = close;
    phase_ = Phase::writing;
    began_writing_ = std::chrono::steady_clock::now();
    deadline_ = write_deadline();
}

// Time is earned by taking: who reads nothing has limits.write, however large the answer.
HttpConnection::Time HttpConnection::write_deadline() const {
    const auto earned = written_ / context_->limits.slowest_reader;
    return began_writing_ + context_->limits.write + std::chrono::milliseconds(earned);
}

HttpConnection::Go HttpConnection::write() {
    const std::size_t head = out_.bytes.size(), size = head + (out_.rest ? out_.rest->size() : 0);
    const auto left = written_ < head ? std::string_view(out_.bytes).substr(written_)
                                      : base::text_of(*out_.rest).substr(written_ - head);
    const auto result = stream_.write(left);
    if (result.status != Stream::Status::done) return wait_for(result.status);
    written_ += result.size;
    deadline_ = write_deadline();
    if (written_ < size) return Go::on;
    out_ = {};
    if (close_after_write_) return finish();
    phase_ = Phase::reading;
    const bool in_body = parser_.state() == RequestParser::State::body;
    deadline_ = in(in_body ? context_->limits.body : context_->limits.idle);
    return Go::on;
}

HttpConnection::Go HttpConnection::finish() {
    stream_.shutdown();
    if (!bytes_may_follow_) return Go::close;
    phase_ = Phase::lingering;
    deadline_ = in(k_linger);
    return Go::on;
}

HttpConnection::Go HttpConnection::linger() {
    // Below TLS: what comes now is of interest to nobody, not even decrypted.
    std::array<char, k_read_size> buffer;
    const auto result = stream_.discard(buffer.data(), buffer.size());
    discarded_ += result.size;
    if (discarded_ > k_linger_bytes) return Go::close;
    return wait_for(result.status);
}

}  // namespace signet::net
