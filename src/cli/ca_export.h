#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ca/authority_files.h"
#include "cli/context.h"
#include "store/store.h"

namespace signet::cli {

/// What some forms of `ca export` want to know beside the CA.
struct ExportOptions {
    std::optional<base::Path> p12_password_file;
    std::string k8s_name, k8s_namespace;
    bool p12_legacy = false;
    std::optional<std::string> token, profile, server;  // of k8s-issuer
};

struct Exported {
    const ca::AuthorityFiles& files;
    std::vector<x509::Certificate> certificates;  // the key's first
    base::Secret key_pem;                         // empty: without
};

/// Throws usage for options that do not go together, before any key is read.
void check_export(const std::string& format, bool with_key, const ExportOptions& options);
/// The contents in pem, der, p12 or k8s.
base::Secret encode_export(const Exported& what, const std::string& format, const ExportOptions& options);
/// The manifests of a ClusterIssuer for the ACME directory of this store's server and of the Secret with its external
/// account binding: that of the token given, else of a new one, which is recorded. Throws usage when it is not known
/// where the server is reached.
base::Secret cluster_issuer(const Context& context, store::Store& store, const ExportOptions& options);

}  // namespace signet::cli
