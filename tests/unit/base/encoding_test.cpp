#include "base/encoding.h"

#include <doctest/doctest.h>

using namespace signet::base;

TEST_CASE("encoding: the vectors of RFC 4648 section 10") {
    const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : rows) {
        CAPTURE(plain);
        CHECK(base64_encode(bytes_of(plain)) == encoded);
        CHECK(base64_decode(encoded) == to_bytes(plain));
        std::string url = encoded;
        while (url.ends_with('=')) url.pop_back();
        CHECK(base64url_encode(bytes_of(plain)) == url);
        CHECK(base64url_decode(url) == to_bytes(plain));
    }
}

TEST_CASE("encoding: base64url uses its own two letters") {
    const Bytes bytes = {0xfb, 0xff, 0xfe};
    CHECK(base64url_encode(bytes) == "-__-");
    CHECK(base64_encode(bytes) == "+//+");
    CHECK_FALSE(base64url_decode("+//+"));
    CHECK_FALSE(base64_decode("-__-"));
}

TEST_CASE("encoding: base64 refuses what is not canonical") {
    for (const char* text :
         {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v ", "Z", "====", "=Zg=", "Zg==Zg==", "Zm\n9v"}) {
        CAPTURE(text);
        CHECK_FALSE(base64_decode(text));
    }
    for (const char* text : {"Zg==", "Zh", "Zm9", "Z", " Zg", "Zg\n", "Zm9v="}) {
        CAPTURE(text);
        CHECK_FALSE(base64url_decode(text));
    }
    CHECK(base64_decode(" Zm\r\n9v\t", true) == to_bytes("foo"));
}

TEST_CASE("encoding: every octet and every length goes there and back, and no other character is taken") {
    Bytes bytes;
    for (int i = 0; i < 300; ++i) {
        CHECK(base64_decode(base64_encode(bytes)) == bytes);
        CHECK(base64url_decode(base64url_encode(bytes)) == bytes);
        bytes.push_back(static_cast<std::uint8_t>(i * 37));
    }
    const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int c = 0; c < 256; ++c) {
        const bool known = letters.find(static_cast<char>(c)) != std::string::npos;
        for (std::size_t at = 0; at < 6; ++at) {
            std::string text = "AAAAAA";
            text[at] = static_cast<char>(c);
            const bool whole = at != 5 || (letters.find(static_cast<char>(c)) % 16) == 0;  // no bits beyond the octet
            CHECK(base64url_decode(text).has_value() == (known && whole));
        }
    }
}

TEST_CASE("encoding: hex") {
    CHECK(hex_encode(Bytes{0x00, 0x0a, 0xff}) == "000aff");
    CHECK(hex_decode("0a:1B:ff") == Bytes{0x0a, 0x1b, 0xff});
    CHECK(hex_decode("") == Bytes{});
    for (const char* text : {"0", "0g", ":0a", "0a:", "0a::1b", "0a 1b", "0x0a"}) {
        CAPTURE(text);
        CHECK_FALSE(hex_decode(text));
    }
}

TEST_CASE("encoding: percent") {
    const auto keep = [](char c) { return (c >= 'a' && c <= 'z') || c == '.'; };
    CHECK(percent_encode("*.a/\xc3", keep) == "%2A.a%2F%C3");
    CHECK(percent_decode("%2a.a%2F%C3") == "*.a/\xc3");
    for (const char* text : {"%", "%2", "a%zz"}) {
        CAPTURE(text);
        CHECK_FALSE(percent_decode(text));
    }
}
