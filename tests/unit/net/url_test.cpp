#include <doctest/doctest.h>

#include "base/error.h"
#include "net/http.h"

using namespace signet;
using namespace signet::net;

TEST_CASE("url: absolute URLs in their parts") {
    struct Row {
        const char* text;
        const char* scheme;
        const char* host;
        int port;
        const char* target;
        const char* again;
    };
    const Row rows[] = {
        {"https://ca.internal", "https", "ca.internal", 443, "/", "https://ca.internal/"},
        {"HTTPS://CA.Internal:443/a?b=c", "https", "ca.internal", 443, "/a?b=c", "https://ca.internal/a?b=c"},
        {"http://a:8080?x", "http", "a", 8080, "/?x", "http://a:8080/?x"},
        {"https://[::1]:8443/x", "https", "::1", 8443, "/x", "https://[::1]:8443/x"},
        {"http://10.0.0.1/", "http", "10.0.0.1", 80, "/", "http://10.0.0.1/"},
        {"http://a/b%20c//d;e@f", "http", "a", 80, "/b%20c//d;e@f", "http://a/b%20c//d;e@f"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto url = parse_url(row.text);
        CHECK(url.scheme == row.scheme);
        CHECK(url.host == row.host);
        CHECK(url.port == row.port);
        CHECK(url.target == row.target);
        CHECK(url.text() == row.again);
    }
}

TEST_CASE("url: what is refused") {
    for (const char* text : {"",
                             "ca.internal",
                             "ftp://a/",
                             "https:/a",
                             "https://",
                             "https:///x",
                             "https://u@a/",
                             "https://u:p@a/",
                             "https://a/#f",
                             "https://a b/",
                             "https://a/b c",
                             "https://a/\n",
                             "https://a:0/",
                             "https://a:65536/",
                             "https://a:x/",
                             "https://a:/",
                             "https://[::1/",
                             "https://[1.2.3.4]/",
                             "https://[x]/",
                             "https://a\\b/",
                             "https://a%00/",
                             "https://\xc3\xa4/",
                             "https://a:1:2/",
                             "file:///etc/passwd"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_url(text), base::Error);
    }
    CHECK_THROWS_AS(parse_url("https://a/" + std::string(9000, 'x')), base::Error);
    CHECK(parse_url("https://" + std::string(255, 'x') + "/").host.size() == 255);
    CHECK_THROWS_AS(parse_url("https://" + std::string(256, 'x') + "/"), base::Error);
}

TEST_CASE("url: references resolve as RFC 3986 section 5.4 says") {
    const auto base = parse_url("http://a/b/c/d;p?q");
    const std::pair<const char*, const char*> rows[] = {
        {"http://g/h", "http://g/h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g/./h", "http://a/b/c/g/h"},
        {"https://h:8443/x#y", "https://h:8443/x"},
    };
    for (const auto& [reference, expected] : rows) {
        CAPTURE(reference);
        CHECK(resolve_url(base, reference).text() == expected);
    }
    CHECK_THROWS_AS(resolve_url(base, "gopher://x/"), base::Error);
    CHECK_THROWS_AS(resolve_url(base, "//u@x/"), base::Error);
    CHECK_THROWS_AS(resolve_url(base, "javascript:alert"), base::Error);
}

TEST_CASE("url: host and port") {
    CHECK(parse_host_port("0.0.0.0:8443", "listen").host == "0.0.0.0");
    CHECK(parse_host_port("[::]:0", "listen").host == "::");
    CHECK(parse_host_port("ca.internal:65535", "listen").port == 65535);
    for (const char* text :
         {"", "a", ":80", "a:", "a:65536", "a:-1", "::1:80", "[::1]", "[::1]80", "[x]:80", "a:80:90"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_host_port(text, "listen"), base::Error);
    }
}
