#include "acme/enrolment_token.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/digest.h"

using namespace signet;
using acme::EnrolmentToken;

namespace {

EnrolmentToken sample() {
    EnrolmentToken token;
    token.directory = "https://ca.internal:8443/acme/directory";
    for (std::size_t i = 0; i < token.root_sha256.size(); ++i) token.root_sha256[i] = static_cast<std::uint8_t>(i);
    token.binding.kid = "5f2a77";
    token.binding.mac_key = base::Secret(std::string(32, '\x9c'));
    return token;
}

std::string text_of_sample() { return std::string(acme::encode_token(sample()).reveal()); }

std::string why_refused(const std::string& text) {
    try {
        acme::parse_token(text);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_input);
        CHECK_FALSE(error.hint().empty());
        if (text.size() > 12) CHECK(error.message().find(text.substr(8, 12)) == std::string::npos);
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("enrolment token: what goes in comes out, white space around it ignored") {
    const auto token = acme::parse_token("  " + text_of_sample() + "\n");
    CHECK(token.directory == sample().directory);
    CHECK(token.root_sha256 == sample().root_sha256);
    CHECK(token.binding.kid == "5f2a77");
    CHECK(token.binding.mac_key.reveal() == sample().binding.mac_key.reveal());
    CHECK(text_of_sample().starts_with("signet1_"));
}

TEST_CASE("enrolment token: any character changed, lost or swapped is told") {
    const auto good = text_of_sample();
    for (std::size_t i = 8; i < good.size(); ++i) {
        CAPTURE(i);
        auto changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(why_refused(changed).starts_with("the token is damaged"));
        auto shorter = good;
        shorter.erase(i, 1);
        CHECK(why_refused(shorter).starts_with("the token is damaged"));
        CHECK(why_refused(good.substr(0, i)).starts_with("the token is damaged"));
    }
    CHECK(why_refused(good + "A").starts_with("the token is damaged"));
    CHECK(why_refused(good + " " + good).starts_with("the token is damaged"));
}

TEST_CASE("enrolment token: another text, and another version") {
    CHECK(why_refused("").find("no token of signet") != std::string::npos);
    CHECK(why_refused("eyJhbGciOiJIUzI1NiJ9").find("no token of signet") != std::string::npos);
    CHECK(why_refused("signet_AAAAAAAAAAAAAAAAAAAA").find("no token of signet") != std::string::npos);
    CHECK(why_refused("signet2_AAAAAAAAAAAAAAAAAAAA").find("version") != std::string::npos);
    CHECK(why_refused(text_of_sample() + std::string(9000, 'A')).starts_with("the token is damaged"));
}

TEST_CASE("enrolment token: lengths that lie are refused even with the right checksum") {
    const auto with_checksum = [](base::Bytes content) {
        const auto sum = crypto::sha256(content);
        content.insert(content.end(), sum.begin(), sum.begin() + 4);
        return "signet1_" + base::base64url_encode(content);
    };
    base::Bytes content(32);
    CHECK(why_refused(with_checksum(content)).starts_with("the token is damaged"));
    content.insert(content.end(), {0xff, 0xff, 1});
    CHECK(why_refused(with_checksum(content)).starts_with("the token is damaged"));
    content.resize(32);
    content.insert(content.end(), {0, 0, 0, 0, 0, 0});
    CHECK(why_refused(with_checksum(content)).starts_with("the token is damaged"));
    auto plain = sample();
    plain.directory = "http://ca.internal/acme/directory";
    CHECK(why_refused(std::string(acme::encode_token(plain).reveal())).find("https") != std::string::npos);
}

TEST_CASE("mac key: base64url, padded or not, and never shown") {
    CHECK(acme::parse_mac_key(" AQID\n", "x").reveal() == "\x01\x02\x03");
    CHECK(acme::parse_mac_key("AQI=", "x").reveal() == "\x01\x02");
    for (const char* text : {"", "=", "AQ+/", "A", "not base64"}) {
        try {
            acme::parse_mac_key(text, "--eab-hmac-key");
            FAIL_CHECK("accepted: " << text);
        } catch (const base::Error& error) {
            CHECK(error.message() == "--eab-hmac-key is no base64url text of a MAC key");
        }
    }
}
