#include "net/http_response_parser.h"

#include <algorithm>

#include "base/text.h"

namespace signet::net {

// Far above what servers send; each bounds memory before it is taken.
constexpr std::size_t k_head_bytes = 64 << 10;
constexpr std::size_t k_head_lines = 200;

void ResponseParser::feed(std::string_view& input) {
    while (!input.empty() && (state_ == State::head || state_ == State::body)) {
        begun_ = true;
        if (state_ == State::body) {
            on_body_bytes(input);
            continue;
        }
        const auto result = line_.feed(input, k_head_bytes - head_bytes_, true);
        if (result == LineBuffer::Result::more) return;
        if (result != LineBuffer::Result::line) {
            state_ = State::malformed;
            return;
        }
        head_bytes_ = std::min(k_head_bytes, head_bytes_ + line_.line().size() + 2);
        on_line(line_.line());
        line_.clear();
    }
}

void ResponseParser::end_of_stream() {
    const bool until_close = state_ == State::body && !length_ && !chunks_;
    if (until_close) {
        state_ = State::done;
    } else if (state_ != State::done) {
        state_ = State::malformed;
    }
}

void ResponseParser::on_line(std::string_view line) {
    if (!status_read_) return on_status_line(line);
    if (line.empty()) return on_head_end();
    auto field = parse_field_line(line);
    if (!field || response_.headers.size() >= k_head_lines) {
        state_ = State::malformed;
        return;
    }
    response_.headers.push_back(std::move(*field));
}

void ResponseParser::on_status_line(std::string_view line) {
    const bool shaped = line.size() >= 12 && line.starts_with("HTTP/1.") && base::is_digits(line.substr(7, 1)) &&
                        line[8] == ' ' && base::is_digits(line.substr(9, 3)) && (line.size() == 12 || line[12] == ' ');
    if (!shaped || line[9] == '0') {
        state_ = State::malformed;
        return;
    }
    keep_alive_ = line[7] != '0';
    response_.status = static_cast<int>(*parse_length(line.substr(9, 3)));
    status_read_ = true;
}

void ResponseParser::on_head_end() {
    if (response_.status < 200) {
        // An interim response: the real one follows. 101 was never asked for.
        if (response_.status == 101) state_ = State::malformed;
        response_ = {};
        status_read_ = false;
        return;
    }
    for (const auto& [name, value] : response_.headers) {
        if (base::iequals(name, "Connection") && list_has(value, "close")) keep_alive_ = false;
    }
    if (to_head_ || response_.status == 204 || response_.status == 304) {
        state_ = State::done;
    } else if (!set_length()) {
        state_ = State::malformed;
    } else if (length_ && *length_ > body_limit_) {
        state_ = State::too_large;
    } else {
        state_ = length_ == 0U ? State::done : State::body;
    }
}

bool ResponseParser::set_length() {
    bool coded = false;
    for (const auto& [name, value] : response_.headers) {
        if (base::iequals(name, "Transfer-Encoding")) {
            if (coded || !base::iequals(value, "chunked")) return false;
            coded = true;
        } else if (base::iequals(name, "Content-Length")) {
            const auto length = parse_length(value);
            if (!length || (length_ && *length_ != *length)) return false;
            length_ = length;
        }
    }
    if (coded) {
        length_.reset();
        chunks_.emplace(ChunkedDecoder::Limits{body_limit_, k_head_bytes, k_head_lines});
    }
    if (!coded && !length_) keep_alive_ = false;
    return true;
}

void ResponseParser::on_body_bytes(std::string_view& input) {
    auto& body = response_.body;
    if (chunks_) {
        switch (chunks_->feed(input, body)) {
            case ChunkedDecoder::State::more:
                return;
            case ChunkedDecoder::State::done:
                state_ = State::done;
                return;
            case ChunkedDecoder::State::malformed:
                state_ = State::malformed;
                return;
            case ChunkedDecoder::State::too_large:
                state_ = State::too_large;
                return;
        }
    }
    const auto room = length_ ? *length_ - body.size() : body_limit_ - body.size();
    const auto taken = std::min<std::size_t>(input.size(), room);
    body.append(input.substr(0, taken));
    input.remove_prefix(taken);
    if (length_ && body.size() == *length_) state_ = State::done;
    if (!length_ && !input.empty()) state_ = State::too_large;
}

}  // namespace signet::net
