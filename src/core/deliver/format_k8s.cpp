#include "deliver/format_k8s.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "deliver/format_pem.h"

namespace signet::deliver {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_name_limit = 253;  // of an object's name
constexpr std::size_t k_label_limit = 63;  // of a namespace

bool is_small_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text, std::size_t limit, bool dots) {
    if (text.empty() || text.size() > limit) return false;
    const auto parts = dots ? base::split(text, '.') : std::vector<std::string_view>{text};
    return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !part.empty() && is_small_alphanumeric(part.front()) && is_small_alphanumeric(part.back()) &&
               std::all_of(part.begin(), part.end(), [](char c) { return is_small_alphanumeric(c) || c == '-'; });
    });
}

std::string in_base64(std::string_view text) { return base::base64_encode(base::bytes_of(text)); }

std::string object_name(const Bundle& bundle, const FormatOptions& options) {
    if (!options.k8s_name.empty()) return options.k8s_name;
    const auto& names = bundle.leaf.names();
    return kubernetes_name(names.empty() ? bundle.leaf.subject().common_name().value_or("signet")
                                         : names.front().text());
}

}  // namespace

std::string kubernetes_name(std::string_view text) {
    std::string name;
    if (text.starts_with("*.")) text.remove_prefix(1), name = "wildcard";
    for (const char c : base::lower(text)) {
        const bool fits = is_small_alphanumeric(c) || (c == '.' && !name.empty() && name.back() != '.');
        if (fits && c == '.' && name.back() == '-') name.pop_back();
        if (fits)
            name += c;
        else if (!name.empty() && name.back() != '-' && name.back() != '.')
            name += '-';
    }
    name.resize(std::min(name.size(), k_name_limit));
    while (!name.empty() && !is_small_alphanumeric(name.back())) name.pop_back();
    return name.empty() ? "signet" : name;
}

std::string kubernetes_head(std::string_view api_version, std::string_view kind, const std::string& name,
                            const std::string& name_space) {
    if (!is_name(name, k_name_limit, true))
        throw Error{Kind::usage, "'" + base::printable(name) + "' is no name of a Kubernetes object",
                    "use lower-case letters, digits, '-' and '.'"};
    if (!name_space.empty() && !is_name(name_space, k_label_limit, false))
        throw Error{Kind::usage, "'" + base::printable(name_space) + "' is no Kubernetes namespace",
                    "use up to 63 lower-case letters, digits and '-'"};
    // Quoted: a name of digits alone is a string, too.
    std::string text = "apiVersion: " + std::string(api_version) + "\nkind: " + std::string(kind) +
                       "\nmetadata:\n  name: \"" + name + "\"\n";
    if (!name_space.empty()) text += "  namespace: \"" + name_space + "\"\n";
    return text;
}

base::Secret kubernetes_tls_secret(const Bundle& bundle, const std::string& name, const std::string& name_space) {
    std::string yaml = kubernetes_head("v1", "Secret", name, name_space) + "type: kubernetes.io/tls\ndata:\n";
    yaml.reserve(yaml.size() + (1 << 16));  // no copy of the key is left behind by growing
    for (const File& file : write_pem(bundle, {}))
        yaml += "  " + file.name + ": " + in_base64(file.contents.reveal()) + "\n";
    return base::Secret(std::move(yaml));
}

std::vector<File> write_k8s(const Bundle& bundle, const FormatOptions& options) {
    if (bundle.key_pem.empty())
        throw Error{Kind::usage, "the format 'k8s' needs the private key, which stayed with the maker of the request",
                    "leave out --format k8s, or --csr"};
    std::vector<File> files;
    files.push_back(
        {"secret.yaml", kubernetes_tls_secret(bundle, object_name(bundle, options), options.k8s_namespace), true});
    return files;
}

}  // namespace signet::deliver
