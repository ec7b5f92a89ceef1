// URLs, authorities, addresses and the dates of HTTP. First line: the text; second line: a reference to resolve.
#include "fuzz/fuzz.h"
#include "net/address.h"
#include "net/http.h"
#include "net/http_parser.h"

namespace signet::fuzz {
namespace {

bool same(const net::Url& a, const net::Url& b) {
    return a.scheme == b.scheme && a.host == b.host && a.port == b.port && a.target == b.target;
}

void check_url(std::string_view text, std::string_view reference) {
    const auto url = accepted([&] { return net::parse_url(text); });
    if (!url) return;
    require(same(net::parse_url(url->text()), *url), "a URL comes back");
    require(url->target.starts_with('/'), "a target starts with a slash");
    require(net::is_authority(url->authority()), "a URL's authority is one");
    if (const auto next = accepted([&] { return net::resolve_url(*url, reference); })) {
        require(same(net::parse_url(next->text()), *next), "a URL that was resolved comes back");
    }
}

void check_address(std::string_view text) {
    if (const auto address = net::Address::parse(text)) {
        require(net::Address::parse(address->text()) == address, "an address comes back");
        net::AddressPolicy{}.refusal(*address);
    }
    if (const auto cidr = accepted([&] { return net::Cidr::parse(text, "range"); })) {
        require(net::Cidr::parse(cidr->text(), "range").text() == cidr->text(), "a range comes back");
    }
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto text = parts.line();
    check_url(text, parts.line());
    check_address(text);
    accepted([&] { return net::parse_host_port(text, "listen"); });
    net::is_authority(text);
    if (const auto seconds = net::parse_retry_after(text, 1'800'000'000)) {
        require(*seconds >= 0, "one waits forwards");
    }
}

}  // namespace signet::fuzz
