#include "acme/enrolment_token.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "net/http.h"

namespace signet::acme {
namespace {

using base::Bytes;
using base::Error;
using base::Kind;

// Version 1: root hash (32 octets), MAC key, kid, URL (each after a length of two octets), checksum (4 octets).
constexpr std::string_view k_family = "signet";
constexpr std::string_view k_prefix = "signet1_";
constexpr std::size_t k_text_limit = 8 << 10;
constexpr std::size_t k_checksum = 4;
constexpr std::size_t k_mac_key_limit = 1024;

Error damaged(std::string why) {
    return {Kind::bad_input, "the token is damaged: " + std::move(why), "copy it again, whole: it is one line"};
}

void append_field(Bytes& out, base::ByteView field) {
    out.push_back(static_cast<std::uint8_t>(field.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(field.size() & 0xff));
    base::append(out, field);
}

base::ByteView take(base::ByteView& rest, std::size_t size) {
    if (rest.size() < size) throw damaged("it ends too early");
    const auto taken = rest.first(size);
    rest = rest.subspan(size);
    return taken;
}

base::ByteView take_field(base::ByteView& rest) {
    const auto size = take(rest, 2);
    return take(rest, static_cast<std::size_t>(size[0] << 8 | size[1]));
}

std::array<std::uint8_t, k_checksum> checksum(base::ByteView content) {
    const auto digest = crypto::sha256(content);
    std::array<std::uint8_t, k_checksum> sum{};
    std::copy_n(digest.begin(), k_checksum, sum.begin());
    return sum;
}

/// The octets behind the prefix.
Bytes decode(std::string_view text) {
    if (!text.starts_with(k_prefix)) {
        const auto mark = text.find('_');
        const bool other_version = text.starts_with(k_family) && mark != std::string_view::npos &&
                                   mark > k_family.size() &&
                                   base::is_digits(text.substr(k_family.size(), mark - k_family.size()));
        if (other_version) {
            throw Error{Kind::bad_input, "the token is of a version that this signet does not know",
                        "upgrade signet on this machine"};
        }
        throw Error{Kind::bad_input, "this is no token of signet: those start with " + std::string(k_prefix),
                    "make one with `signet token create` on the CA's host"};
    }
    if (text.size() > k_text_limit) throw damaged("it is longer than any token");
    auto bytes = base::base64url_decode(text.substr(k_prefix.size()));
    if (!bytes) throw damaged("it holds a character that no token has, or lost one");
    return std::move(*bytes);
}

}  // namespace

base::Secret parse_mac_key(std::string_view text, std::string_view what) {
    text = base::trim(text);
    while (text.ends_with('=')) text.remove_suffix(1);  // some CAs print it padded
    const auto key = base::base64url_decode(text);
    if (!key || key->empty() || key->size() > k_mac_key_limit) {
        throw Error{Kind::bad_input, std::string(what) + " is no base64url text of a MAC key",
                    "give it as the CA's operator printed it"};
    }
    return base::Secret(base::to_text(*key));
}

base::Secret encode_token(const EnrolmentToken& token) {
    Bytes content;
    base::append(content, token.root_sha256);
    append_field(content, base::bytes_of(token.binding.mac_key.reveal()));
    append_field(content, base::bytes_of(token.binding.kid));
    append_field(content, base::bytes_of(token.directory));
    base::append(content, checksum(content));
    std::string text(k_prefix);
    text += base::base64url_encode(content);
    base::wipe(content.data(), content.size());
    return base::Secret(std::move(text));
}

EnrolmentToken parse_token(std::string_view text) {
    const auto bytes = decode(base::trim(text));
    if (bytes.size() <= k_checksum) throw damaged("it ends too early");
    auto rest = base::ByteView(bytes).first(bytes.size() - k_checksum);
    if (!base::equal(checksum(rest), base::ByteView(bytes).last(k_checksum))) {
        throw damaged("its checksum does not match");
    }
    EnrolmentToken token;
    std::ranges::copy(take(rest, token.root_sha256.size()), token.root_sha256.begin());
    token.binding.mac_key = base::Secret(base::to_text(take_field(rest)));
    token.binding.kid = base::to_text(take_field(rest));
    token.directory = base::to_text(take_field(rest));
    if (!rest.empty()) throw damaged("something follows its end");
    if (token.binding.kid.empty() || token.binding.mac_key.empty()) throw damaged("it has no key");
    if (net::parse_url(token.directory).scheme != "https") throw damaged("its server is no https URL");
    return token;
}

}  // namespace signet::acme
