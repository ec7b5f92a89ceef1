#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/context.h"
#include "cli/options.h"
#include "client/activation.h"
#include "client/renewal_record.h"
#include "deliver/deliver.h"
#include "x509/csr.h"

namespace signet::cli {

// What `issue`, `fetch` and `renew` have in common: words to values, and the result in both forms.

/// NAME and --dns, --ip, --uri, --email in this order, each once. Throws bad_input.
std::vector<x509::Identifier> parse_names(const NameWords& words);
deliver::FileAccess parse_access(const OwnershipWords& words);
/// PEM or DER of a file.
std::optional<x509::CertificateRequest> read_request(const std::optional<base::Path>& file);
/// The names that count: those given, else the request's. Throws usage when there are none, refused for kinds of names
/// in the request that no certificate of ours can have.
std::vector<x509::Identifier> names_that_count(const NameWords& words,
                                               const std::optional<x509::CertificateRequest>& request);

/// `--format pem,combined --p12-password-file F --p12-legacy --k8s-name N --k8s-namespace N`
struct FormatWords {
    std::vector<std::string> formats;
    std::optional<base::Path> p12_password_file;
    bool p12_legacy = false;
    std::string k8s_name, k8s_namespace;
};
void add_format_options(Options& options, FormatWords& words);
/// Throws usage for an option of a format that is not asked for.
deliver::FormatOptions parse_format_options(const FormatWords& words);
Option csr_option(std::optional<base::Path>& target);

/// Absolute and without symlinks, as the store records directories. Throws permission or not_found.
base::Path canonical_directory(const base::Path& directory);
/// Throws permission when the directory cannot be made or written: before a certificate is made that has no place.
void check_writable(const base::Path& directory);

/// What stands in a certificate directory, for a result that changed nothing.
std::vector<base::Path> files_in(const base::Path& directory);

/// A certificate that came over ACME: `source` says so, `profile` is what the server named, else what was asked for,
/// `account` the account's URL, `ca` the issuer's common name: of the server's store it knows nothing.
base::Json fetched_json(const x509::Certificate& leaf, const client::RenewalRecord& record, base::Time now);

/// Adds `dir`, `files{}`, `changed` and, where there is one, `note`.
void add_files(base::Json& json, const base::Path& directory, const std::vector<base::Path>& files, bool changed,
               const std::vector<std::string>& notes);

/// "done, valid until …": the end of a live line.
std::string done_text(const x509::Certificate& leaf);

/// Runs or signals what is owed to the service of a directory; a failure is a warning here and false.
bool tell_service(Context& context, const base::Path& directory, const x509::Certificate& leaf,
                  const client::Activation& own, client::ActivationLock held, client::SignalsSent& sent);

}  // namespace signet::cli
