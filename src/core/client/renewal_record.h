#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/enrolment_token.h"
#include "base/time.h"
#include "client/activation.h"
#include "crypto/key.h"
#include "deliver/deliver.h"
#include "x509/csr.h"

namespace signet::client {

/// How a certificate was got from an ACME server, and how to get the next one: what `fetch` was asked for, and what
/// DIR/.signet/renewal.toml keeps. Anchors and CSR stand beside it as files of their own, since the files that the
/// operator named may be gone by then.
struct RenewalRecord {
    std::string server;                             // directory URL
    std::vector<x509::Certificate> server_roots;    // the pinned TLS anchors; empty: the system's
    std::vector<x509::Certificate> issued_anchors;  // --ca-file: what the issued chain must reach
    std::vector<x509::Identifier> names;
    std::string challenge = "auto";
    std::string webroot;
    int http01_port = 80;
    int tls_alpn01_port = 443;
    std::string dns_hook;
    std::string dns_update;                              // the server of --dns-update
    std::shared_ptr<const base::Secret> dns_update_key;  // the text of its key file; null: none
    std::string profile;
    std::string preferred_chain;
    crypto::KeyType key_type = crypto::KeyType::ec_p256;
    std::optional<base::Duration> validity;
    std::optional<x509::CertificateRequest> csr;
    bool reuse_key = false;
    std::vector<std::string> formats{"pem"};
    deliver::FormatOptions format_options = {};
    deliver::FileAccess access;
    Activation hooks;
    bool insecure_http = false;
    bool agree_tos = false;
    std::string email;
    std::shared_ptr<const acme::AccountBinding> binding;  // of the account; null: none
    std::string account;                                  // URL of the account that the last certificate was got by
    std::string issued_profile;                           // and the profile that the server named; may be empty
};

/// Written whole, 0600; DIR/.signet is made when missing.
void save_renewal_record(const base::Path& directory, const RenewalRecord& record);
/// nullopt when there is none. Throws bad_input naming file and line for a damaged one.
std::optional<RenewalRecord> load_renewal_record(const base::Path& directory);
void remove_renewal_record(const base::Path& directory);

/// The account key of this directory, 0600, made at first use. A key is for one CA only (RFC 8555 section 11.1), and
/// for one binding: when the one that is there was made for another server, or is to be bound by another `kid`, a new
/// one is made beside it, and found again by the next call. An empty `kid` asks for no particular binding.
crypto::PrivateKey load_account_key(const base::Path& directory, const std::string& server,
                                    const std::string& kid = {});
/// The same without making any: nullopt when there is none for this server and binding.
std::optional<crypto::PrivateKey> account_key_there(const base::Path& directory, const std::string& server,
                                                    const std::string& kid = {});
/// Removes a key that no server has come to know.
void forget_account_key(const base::Path& directory, const std::string& server, const std::string& kid = {});
/// What load_account_key made beside another key takes its place: the account has proved good.
void keep_account_key(const base::Path& directory, const std::string& server, const std::string& kid = {});

}  // namespace signet::client
