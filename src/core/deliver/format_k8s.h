#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deliver/formats.h"

namespace signet::deliver {

/// secret.yaml: a kubernetes.io/tls Secret with tls.crt, tls.key and ca.crt. Throws usage without a key.
std::vector<File> write_k8s(const Bundle& bundle, const FormatOptions& options);

/// A name as the objects of Kubernetes have them (RFC 1123 subdomain): what does not fit becomes a dash.
std::string kubernetes_name(std::string_view text);
/// "apiVersion: …" up to the metadata of one object. Throws usage for a name or namespace that Kubernetes refuses.
std::string kubernetes_head(std::string_view api_version, std::string_view kind, const std::string& name,
                            const std::string& name_space);
/// The Secret of type kubernetes.io/tls.
base::Secret kubernetes_tls_secret(const Bundle& bundle, const std::string& name, const std::string& name_space);

}  // namespace signet::deliver
