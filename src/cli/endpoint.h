#pragma once

#include <optional>
#include <string>

namespace signet::cli {

struct Endpoint {
    std::string host;  // name or address, without brackets
    int port;
};

/// "host:port", "[::1]:port"; nullopt for anything else, and for a file of that name, which wins. Throws usage for a
/// port that does not exist.
std::optional<Endpoint> endpoint_of(const std::string& target);

}  // namespace signet::cli
