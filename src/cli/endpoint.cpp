#include "cli/endpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace signet::cli {

std::optional<Endpoint> endpoint_of(const std::string& target) {
    const std::size_t colon = target.rfind(':');
    if (colon == std::string::npos || target.find('/') != std::string::npos || base::file_facts(target))
        return std::nullopt;
    const std::string port = target.substr(colon + 1);
    std::string host = target.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.empty() || port.empty() || port.size() > 5 || !base::is_digits(port)) return std::nullopt;
    const int number = std::stoi(port);
    if (number < 1 || number > 65535)
        throw base::Error{base::Kind::usage, "port " + port + " does not exist", "give one from 1 to 65535"};
    return Endpoint{host, number};
}

}  // namespace signet::cli
