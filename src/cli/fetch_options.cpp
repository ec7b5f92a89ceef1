#include "acme/challenges.h"
#include "cli/enrolment.h"
#include "cli/fetch_words.h"

namespace signet::cli {
namespace {

void add_server_options(Options& options, FetchWords& words) {
    const std::string group = "Server";
    options.push_back({.name = "server",
                       .label = "URL",
                       .text =
                           "directory of the ACME server, /acme/directory when the URL has no path; letsencrypt and "
                           "letsencrypt-staging are short for theirs",
                       .target = &words.server,
                       .conflicts = {"token", "token-file"},
                       .group = group});
    options.push_back({.name = "root",
                       .label = "FILE",
                       .text = "the server's TLS chain must reach this root",
                       .target = &words.root,
                       .complete = Complete::file,
                       .default_text = "the system's trust store",
                       .conflicts = {"root-sha256", "token", "token-file"},
                       .group = group});
    options.push_back({.name = "root-sha256",
                       .label = "HEX",
                       .text = "the same by the hash of the root, which is then read from the server's /ca.pem",
                       .target = &words.root_sha256,
                       .conflicts = {"token", "token-file"},
                       .group = group});
    options.push_back({.name = "ca-file",
                       .label = "FILE",
                       .text = "anchors that the issued certificate must reach",
                       .target = &words.ca_file,
                       .complete = Complete::file,
                       .default_text = "the server's /ca.pem, when it has one",
                       .group = group});
}

void add_binding_options(Options& options, FetchWords& words) {
    const std::string group = "Being let in";
    options.push_back({.name = "token",
                       .label = "T",
                       .text = "a string of `signet token create`: it names the server, its root and a binding",
                       .target = &words.token,
                       .conflicts = {"token-file", "eab-kid", "eab-hmac-key", "eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "token-file",
                       .label = "F",
                       .text = "the same, read from a file",
                       .target = &words.token_file,
                       .complete = Complete::file,
                       .conflicts = {"eab-kid", "eab-hmac-key", "eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "eab-kid",
                       .label = "K",
                       .text = "external account binding: the key identifier that the CA's operator gave out",
                       .target = &words.eab_kid,
                       .group = group});
    options.push_back({.name = "eab-hmac-key",
                       .label = "H",
                       .text = "and its key, base64url",
                       .target = &words.eab_hmac_key,
                       .conflicts = {"eab-hmac-key-file"},
                       .group = group});
    options.push_back({.name = "eab-hmac-key-file",
                       .label = "F",
                       .text = "the same, read from a file",
                       .target = &words.eab_hmac_key_file,
                       .complete = Complete::file,
                       .group = group});
}

void add_conversation_options(Options& options, FetchWords& words) {
    const std::string group = "Server";
    options.push_back({.name = "insecure-http",
                       .text = "allow http:// for the server",
                       .target = &words.insecure_http,
                       .group = group});
    options.push_back({.name = "agree-tos",
                       .text = "agree to the server's terms of service",
                       .target = &words.agree_tos,
                       .group = group});
    options.push_back({.name = "email",
                       .label = "ADDRESS",
                       .text = "contact for the server's operator",
                       .target = &words.email,
                       .group = group});
    options.push_back({.name = "timeout",
                       .label = "DURATION",
                       .text = "for all of it; a server that is not up yet is waited for that long",
                       .target = &words.timeout,
                       .default_text = "60s",
                       .group = group});
}

void add_challenge_options(Options& options, FetchWords& words) {
    const std::string group = "Challenges";
    std::vector<std::string> values{"auto", "none"};
    const acme::ResponderContext all{.dns_hook = "any"};
    for (const auto& type : acme::challenge_types()) {
        if (type.answerable(all)) values.emplace_back(type.name);
    }
    options.push_back({.name = "challenge",
                       .label = "TYPE",
                       .text = "how to prove the names: whichever both sides can do, none at all, or this one",
                       .target = &words.challenge,
                       .values = std::move(values),
                       .default_text = "auto",
                       .group = group});
    options.push_back({.name = "webroot",
                       .label = "DIR",
                       .text = "write the answers under DIR/.well-known/acme-challenge instead of listening",
                       .target = &words.webroot,
                       .complete = Complete::directory,
                       .group = group});
    options.push_back({.name = "http01-port",
                       .label = "PORT",
                       .text = "where to listen for http-01",
                       .target = &words.http01_port,
                       .default_text = "80",
                       .group = group});
    options.push_back({.name = "tls-alpn01-port",
                       .label = "PORT",
                       .text = "where to listen for tls-alpn-01",
                       .target = &words.tls_alpn01_port,
                       .default_text = "443",
                       .group = group});
    options.push_back({.name = "dns-hook",
                       .label = "CMD",
                       .text = "a program that writes the TXT record of dns-01, and takes it away",
                       .target = &words.dns_hook,
                       .conflicts = {"dns-update"},
                       .group = group});
    options.push_back({.name = "dns-update",
                       .label = "HOST[:PORT]",
                       .text = "the name server of the zone, which takes the record of dns-01 by RFC 2136",
                       .target = &words.dns_update,
                       .group = group});
    options.push_back({.name = "dns-update-key",
                       .label = "FILE",
                       .text = "the TSIG key for it, as tsig-keygen(8) makes it",
                       .target = &words.dns_update_key,
                       .complete = Complete::file,
                       .group = group});
}

void add_certificate_options(Options& options, FetchWords& words) {
    options.push_back({.name = "profile",
                       .label = "P",
                       .text = "the server's profile",
                       .target = &words.profile,
                       .default_text = "the directory's own"});
    options.push_back({.name = "preferred-chain",
                       .label = "CN",
                       .text = "of the chains that the server offers, the one issued by this CA",
                       .target = &words.preferred_chain,
                       .default_text = "the server's first that the anchors accept"});
    options.push_back(key_type_option(words.key_type));
    options.back().conflicts = {"csr"};
    options.push_back(validity_option(words.validity, "the server decides"));
    options.push_back(csr_option(words.csr));
    options.push_back({.name = "reuse-key",
                       .text = "keep the key, now and at renewals",
                       .target = &words.reuse_key,
                       .conflicts = {"csr"}});
    options.push_back({.name = "out",
                       .label = "DIR",
                       .text = "where to save it",
                       .target = &words.out,
                       .complete = Complete::directory,
                       .default_text = "certificates/<first name> of the store"});
    add_format_options(options, words.format);
    options.push_back({.name = "exec",
                       .label = "CMD",
                       .text = "run this, directly and without a shell, after new files are in place",
                       .target = &words.exec});
    add_ownership_options(options, words.ownership);
    options.push_back({.name = "force", .text = "get a new one whatever is there", .target = &words.force});
}

}  // namespace

void add_fetch_options(Options& options, FetchWords& words) {
    add_server_options(options, words);
    add_binding_options(options, words);
    add_conversation_options(options, words);
    add_challenge_options(options, words);
    add_certificate_options(options, words);
}

}  // namespace signet::cli
