#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "net/transport.h"

namespace signet::cli {

/// The outside world, made once in main.cpp and passed down. Each object's constructor takes only what it uses.
struct Seams {
    base::Clock& clock;
    base::Random& random;
    net::TlsDialer& dialer;
    /// The two that need settings before they can be made: a DNS server ("" is the system's), trust anchors.
    std::function<std::unique_ptr<net::Resolver>(const std::string& server)> make_resolver;
    std::function<std::unique_ptr<net::Transport>(net::TransportSettings settings)> make_transport;
};

}  // namespace signet::cli
