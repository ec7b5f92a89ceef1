// The string of `signet token create`, which travels through chats and files. First octet 1: its content, to which the
// prefix and the checksum are added here; else the whole text, which is also taken for a MAC key by itself.
#include "acme/enrolment_token.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "fuzz/fuzz.h"
#include "net/http.h"

namespace signet::fuzz {
namespace {

void check_token(std::string_view text) {
    const auto token = accepted([&] { return acme::parse_token(text); });
    if (!token) return;
    require(net::parse_url(token->directory).scheme == "https", "a token leads to https alone");
    require(acme::encode_token(*token).reveal() == base::trim(text), "a token has one form");
}

void check_mac_key(std::string_view text) {
    const auto key = accepted([&] { return acme::parse_mac_key(text, "--eab-hmac-key"); });
    if (!key) return;
    require(!key->empty(), "a key has octets");
    const auto again = base::base64url_encode(base::bytes_of(key->reveal()));
    require(acme::parse_mac_key(again, "again").reveal() == key->reveal(), "a key comes back");
}

std::string assemble(base::ByteView content) {
    auto bytes = base::Bytes(content.begin(), content.end());
    const auto digest = crypto::sha256(content);
    base::append(bytes, base::ByteView(digest).first(4));
    return "signet1_" + base::base64url_encode(bytes);
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    if (parts.number() == 1) return check_token(assemble(parts.rest()));
    check_token(base::text_of(input));
    check_mac_key(base::text_of(input));
}

}  // namespace signet::fuzz
