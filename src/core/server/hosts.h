#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "server/settings.h"
#include "x509/identifier.h"

namespace signet::server {

/// The names that this server goes by: hostnames, else the machine's name; and external_url.
class Hosts {
public:
    explicit Hosts(const Settings& settings);

    /// HOST of every URL that is printed.
    const std::string& first() const { return names_.front(); }
    /// caa_identities, at most ten, else the first name of the server where that is a DNS name.
    std::vector<std::string> issuer_names(const Settings& settings) const;
    /// For the server's own certificate: all of `hostnames`; without any, the machine's name, localhost and the
    /// loopback addresses, so that a first try on one machine works.
    const std::vector<std::string>& certificate_names() const { return certificate_names_; }
    /// "https://ca.internal:8443", in front of every URL of an ACME answer: the address that the client used. nullopt
    /// when it used a host that is not ours.
    std::optional<std::string> base_of(const net::Request& request) const;
    /// The CA's own names, and wildcards that would cover them, are never issued over ACME.
    bool is_own(const x509::Identifier& identifier) const;
    /// Whoever had this one could pose as the server: certificate_names(), and wildcards that would cover them.
    bool is_on_certificate(const x509::Identifier& identifier) const;
    /// The path of a URL of ours, whatever of our names it was made under; nullopt for a foreign one.
    std::optional<std::string> path_of(std::string_view url) const;

private:
    bool known(std::string_view authority) const;
    std::vector<std::string> names_, accepted_, certificate_names_;
    std::string external_url_, external_authority_, external_host_;
};

/// gethostname(2) in lower case; "localhost" when it is no DNS name.
std::string machine_name();

}  // namespace signet::server
