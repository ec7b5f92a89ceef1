#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "net/transport.h"

namespace signet::test {

/// Answers requests by a function and remembers them all.
class ScriptedTransport final : public net::Transport {
public:
    using Answer = std::function<net::Response(const net::OutboundRequest&)>;
    explicit ScriptedTransport(Answer answer) : answer_(std::move(answer)) {}

    net::Response send(const net::OutboundRequest& request) override {
        requests.push_back(request);
        return answer_(request);
    }

    std::vector<net::OutboundRequest> requests;

private:
    Answer answer_;
};

/// Hands every request on to another transport: for seams that want to own one.
class BorrowedTransport final : public net::Transport {
public:
    explicit BorrowedTransport(net::Transport& transport) : transport_(transport) {}
    net::Response send(const net::OutboundRequest& request) override { return transport_.send(request); }

private:
    net::Transport& transport_;
};

}  // namespace signet::test
