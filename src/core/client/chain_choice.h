#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "x509/certificate.h"

namespace signet::client {

/// URLs of the other chains of a certificate (RFC 8555 section 7.4.2, Link rel="alternate"), absolute, in the server's
/// order, a dozen at most. What is no http or https URL is passed over.
std::vector<std::string> alternate_urls(const net::Response& response, const std::string& request_url);

/// Whether the topmost certificate of the chain (leaf first) was issued by a CA with this common name.
bool ends_below(const std::vector<x509::Certificate>& chain, const std::string& common_name);

/// Whether the chain reaches one of the anchors at `now`; true when no anchor is known.
bool reaches(const std::vector<x509::Certificate>& chain, const std::vector<x509::Certificate>& anchors,
             base::Time now);

}  // namespace signet::client
