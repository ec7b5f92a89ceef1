#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/resolver.h"
#include "x509/identifier.h"

namespace signet::acme {

/// May this CA issue for a name, by the CAA records of its zone (RFC 8659, with the parameters of RFC 8657)? One object
/// for one certificate: what several names share is asked for once. Used by one thread.
class CaaCheck {
public:
    struct Context {
        net::Resolver& resolver;
        const std::vector<std::string>& identities;                   // issuer domain names of this CA
        std::function<bool(std::string_view uri)> is_account;         // is this the requesting account's URL?
        std::chrono::milliseconds timeout = std::chrono::seconds(5);  // for all names
    };
    explicit CaaCheck(Context context);

    /// Why not; nullopt: permitted. Only DNS names have such records: others are permitted. The nearest name that has
    /// any decides, from `name` itself up to the top-level domain; for "*.x" it is from x, and issuewild goes before
    /// issue. `method`: how control was shown ("dns-01"). Records that cannot be looked up refuse, as does a critical
    /// property that is not understood. Says where the record stands, not what is in it.
    std::optional<std::string> refusal(const x509::Identifier& name, std::string_view method);

private:
    using Records = std::vector<net::CaaRecord>;
    const Records& records_at(const std::string& name);
    std::optional<std::string> judge(const Records& records, const std::string& place, bool wildcard,
                                     std::string_view method) const;
    bool authorizes(const net::CaaRecord& record, std::string_view method) const;

    Context context_;
    std::chrono::steady_clock::time_point deadline_;
    std::map<std::string, Records> known_;
};

}  // namespace signet::acme
