#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "net/dns_update.h"
#include "net/http.h"

namespace signet::net {
namespace {

using base::Error;
using base::Kind;

constexpr std::array<std::string_view, 3> k_algorithms{"hmac-sha256", "hmac-sha384", "hmac-sha512"};

// Words, quoted or not, and the marks { } ; of a configuration of BIND; comments from # or // to the end of the line.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool joined = false;  // the next octet belongs to the last word
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '#' || text.substr(at).starts_with("//")) {
            at = std::min(text.find('\n', at), text.size());
            joined = false;
        } else if (c == '"') {
            const auto end = std::min(text.find('"', at + 1), text.size());
            words.emplace_back(text.substr(at + 1, end - at - 1));
            at = end;
            joined = false;
        } else if (c == '{' || c == '}' || c == ';' || static_cast<unsigned char>(c) <= ' ') {
            joined = false;
        } else {
            if (!joined) words.emplace_back();
            words.back() += c;
            joined = true;
        }
    }
    return words;
}

std::string value_of(const std::vector<std::string>& words, std::string_view keyword, const std::string& what) {
    const auto found = std::ranges::find(words, keyword);
    if (found != words.end() && found + 1 != words.end()) return *(found + 1);
    throw Error{Kind::bad_input, what + " has no " + std::string(keyword),
                "give the file that tsig-keygen made: key \"NAME\" { algorithm hmac-sha256; secret \"...\"; };"};
}

}  // namespace

DnsUpdateKey parse_update_key(std::string_view text, const std::string& what) {
    const auto words = words_of(text);
    DnsUpdateKey key{base::lower(value_of(words, "key", what)), base::lower(value_of(words, "algorithm", what)),
                     base::Secret()};
    if (key.algorithm.ends_with('.')) key.algorithm.pop_back();
    if (std::ranges::find(k_algorithms, key.algorithm) == k_algorithms.end()) {
        throw Error{Kind::bad_input, what + ": the algorithm " + base::printable(key.algorithm, 40) + " is not known",
                    "use hmac-sha256, hmac-sha384 or hmac-sha512"};
    }
    const auto secret = base::base64_decode(value_of(words, "secret", what));
    if (!secret || secret->empty()) throw Error{Kind::bad_input, what + ": the secret is no base64"};
    key.secret = base::Secret(base::to_text(*secret));
    return key;
}

DnsUpdateServer parse_update_server(const std::string& text, const std::string& what) {
    const bool has_port = text.ends_with(']') ? false : text.find(':') != std::string::npos;
    const auto [host, port] = parse_host_port(has_port ? text : text + ":53", what);
    return {host, port, {}};
}

}  // namespace signet::net
