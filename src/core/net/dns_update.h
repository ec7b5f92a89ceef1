#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace signet::net {

/// A shared key of TSIG (RFC 8945).
struct DnsUpdateKey {
    std::string name;
    std::string algorithm;  // "hmac-sha256", "hmac-sha384" or "hmac-sha512"
    base::Secret secret;
};

/// The text that tsig-keygen(8) and keymgr(8) write and `nsupdate -k` reads: key "NAME" { algorithm A; secret "BASE64";
/// }; Throws bad_input naming `what`.
DnsUpdateKey parse_update_key(std::string_view text, const std::string& what);

/// The server that takes updates of a zone, over TCP.
struct DnsUpdateServer {
    std::string host;
    int port = 53;
    std::optional<DnsUpdateKey> key;  // none: the server goes by address alone
};

/// "HOST", "ADDR:PORT", "[v6]:PORT". Throws usage naming `what`.
DnsUpdateServer parse_update_server(const std::string& text, const std::string& what);

enum class DnsUpdateAction { add, remove };

/// Adds a TXT record beside any that are there, or removes this very one (RFC 2136 section 2.5), in the zone that the
/// server says `name` is in. Signed with the key at `now`; the server's own signature is not looked at, since all that
/// a forged answer could claim comes out when the CA looks. Throws dns, connection or timeout.
void update_text(const DnsUpdateServer& server, DnsUpdateAction action, const std::string& name,
                 const std::string& value, base::Time now, std::chrono::milliseconds timeout);

/// The update message, for tests: with TSIG if there is a key. `zone` and `name` without final dots.
base::Bytes encode_text_update(const DnsUpdateServer& server, DnsUpdateAction action, const std::string& zone,
                               const std::string& name, const std::string& value, std::uint16_t id, base::Time now);

}  // namespace signet::net
