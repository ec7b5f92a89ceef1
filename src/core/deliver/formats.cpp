#include "deliver/formats.h"

#include "base/error.h"
#include "base/text.h"
#include "deliver/format_der.h"
#include "deliver/format_k8s.h"
#include "deliver/format_p12.h"
#include "deliver/format_pem.h"

namespace signet::deliver {

namespace {

constexpr Format k_formats[] = {
    {"pem", "tls.crt, tls.key and ca.crt; always written", "tls.crt", false, &write_pem},
    {"combined", "tls.pem: key and chain in one file", "tls.pem", true, &write_combined},
    {"der", "tls.crt.der and tls.key.der", "tls.crt.der", false, &write_der},
    {"p12", "tls.p12 (PKCS#12), under the password of --p12-password-file", "tls.p12", true, &write_p12},
    {"k8s", "secret.yaml, a Secret of type kubernetes.io/tls", "secret.yaml", true, &write_k8s},
};

}  // namespace

std::span<const Format> formats() { return k_formats; }

const Format& find_format(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& format : k_formats) {
        if (format.name == name) return format;
        names.emplace_back(format.name);
    }
    const auto meant = base::nearest(name, names);
    throw base::Error{base::Kind::usage, "there is no format '" + base::printable(name) + "'",
                      meant ? "did you mean '" + *meant + "'?" : "use one of: " + base::join(names, ", ")};
}

void check_formats(const std::vector<std::string>& formats, const FormatOptions& options, bool has_key) {
    for (const auto& name : formats) {
        if (find_format(name).needs_key && !has_key)
            throw base::Error{
                base::Kind::usage,
                "the format '" + name + "' needs the private key, which stayed with the maker of the request",
                "leave out --format " + name + ", or --csr"};
        if (name == "p12") read_p12_password(options);
    }
    if (!options.k8s_name.empty() || !options.k8s_namespace.empty())
        kubernetes_head("v1", "Secret", options.k8s_name.empty() ? "x" : options.k8s_name, options.k8s_namespace);
}

}  // namespace signet::deliver
