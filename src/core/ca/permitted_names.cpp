#include "ca/permitted_names.h"

#include "base/error.h"
#include "ca/pattern.h"

namespace signet::ca {
namespace {

using base::Error;
using x509::Identifier;
using Type = Identifier::Type;

template <class Read>
void add(std::vector<x509::NameConstraints::Subtree>& subtrees, Type type, const std::vector<std::string>& texts,
         const std::string& flag, Read read) {
    for (const std::string& text : texts) {
        try {
            subtrees.push_back({type, read(text)});
        } catch (const Error& error) {
            throw Error{base::Kind::bad_input, flag + ": " + error.message(), error.hint()};
        }
    }
}

std::string read_dns(const std::string& text) {
    const Identifier name = Identifier::dns(text);
    if (!name.is_wildcard()) return name.text();
    throw Error{base::Kind::bad_input, text + " is a wildcard", "write the name above it: everything below is meant"};
}

std::string read_uri(const std::string& text) {
    const std::size_t slashes = text.find("://");
    if (slashes == std::string::npos) return text.starts_with('.') ? "." + read_dns(text.substr(1)) : read_dns(text);
    std::string_view host = std::string_view(text).substr(slashes + 3);
    if (host.ends_with('/')) host.remove_suffix(1);
    return read_dns(std::string(host));
}

std::string_view kind_of(Type type) {
    switch (type) {
        case Type::dns:
            return "DNS";
        case Type::ip:
            return "IP";
        case Type::uri:
            return "URI";
        case Type::email:
            return "e-mail";
    }
    return "";
}

}  // namespace

x509::NameConstraints name_constraints_from(const PermitWords& words) {
    x509::NameConstraints constraints;
    add(constraints.permitted, Type::dns, words.dns, "--permit-dns", read_dns);
    add(constraints.permitted, Type::ip, words.ip, "--permit-ip", canonical_cidr);
    add(constraints.permitted, Type::uri, words.uri, "--permit-uri", read_uri);
    if (words.dns.empty() && !words.ip.empty()) constraints.excluded.push_back({Type::dns, ""});
    if (words.ip.empty() && !words.dns.empty())
        for (const char* all : {"0.0.0.0/0", "::/0"}) constraints.excluded.push_back({Type::ip, all});
    return constraints;
}

std::string describe(const x509::NameConstraints& constraints) {
    std::string text;
    const auto append = [&](const std::vector<x509::NameConstraints::Subtree>& subtrees, std::string_view lead) {
        for (const auto& subtree : subtrees)
            text += (text.empty() ? "" : ", ") + std::string(lead) + std::string(kind_of(subtree.type)) + " " +
                    (subtree.base.empty() ? "any" : subtree.base);
    };
    append(constraints.permitted, "");
    append(constraints.excluded, "not ");
    return text;
}

}  // namespace signet::ca
