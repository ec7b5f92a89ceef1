#pragma once

#include <string>
#include <vector>

#include "net/address.h"
#include "net/http.h"

namespace signet::server {

/// Who asked, as an address: the peer of the socket, unless that is one of `proxies`; then the right-most address of
/// X-Forwarded-For that is none of them. What stands left of it anyone can have written, so it is not looked at; an
/// entry that is no address ends the search at the proxy that passed it on.
std::string client_address(const net::Request& request, const std::vector<net::Cidr>& proxies);

}  // namespace signet::server
