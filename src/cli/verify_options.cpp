#include "cli/verify_words.h"

namespace signet::cli {
namespace {

constexpr char k_endpoint[] = "With host:port";
constexpr char k_revocation[] = "Revocation";

Options identity_options(VerifyWords& words) {
    return {
        {.name = "hostname",
         .label = "NAME",
         .text = "DNS name that the certificate must be for",
         .target = &words.hostname,
         .conflicts = {"ip", "uri", "email"}},
        {.name = "ip",
         .label = "ADDRESS",
         .text = "address that it must be for",
         .target = &words.ip,
         .conflicts = {"uri", "email"}},
        {.name = "uri",
         .label = "URI",
         .text = "URI that it must be for, a SPIFFE ID for example",
         .target = &words.uri,
         .conflicts = {"email"}},
        {.name = "email", .label = "ADDRESS", .text = "e-mail address that it must be for", .target = &words.email},
    };
}

Options revocation_options(VerifyWords& words) {
    return {
        {.name = "crl",
         .label = "FILE",
         .text = "CRLs; every certificate below the anchor must then be covered by a current one",
         .target = &words.crls,
         .complete = Complete::file,
         .group = k_revocation},
        {.name = "ocsp-response",
         .label = "FILE",
         .text = "an OCSP response that must cover the certificate",
         .target = &words.ocsp_responses,
         .complete = Complete::file,
         .group = k_revocation},
        {.name = "ocsp",
         .text = "ask the OCSP responders that the certificates name",
         .target = &words.ocsp,
         .group = k_revocation},
        {.name = "fetch",
         .text = "fetch the CRLs of the distribution points that the certificates name",
         .target = &words.fetch,
         .group = k_revocation},
        {.name = "soft-fail",
         .text = "a status that cannot be told is a warning; what is revoked stays refused",
         .target = &words.soft_fail,
         .group = k_revocation},
    };
}

Options endpoint_options(VerifyWords& words) {
    return {
        {.name = "servername",
         .label = "NAME",
         .text = "server name to ask for, and to find in the certificate",
         .target = &words.servername,
         .default_text = "the host",
         .group = k_endpoint},
        {.name = "starttls",
         .label = "PROTO",
         .text = "protocol that begins in the clear and changes to TLS",
         .target = &words.starttls,
         .values = {"smtp", "imap", "postgres", "ldap"},
         .group = k_endpoint},
        {.name = "alpn",
         .label = "PROTO",
         .text = "application protocols to offer, the preferred one first",
         .target = &words.alpn,
         .comma_separated = true,
         .group = k_endpoint},
        {.name = "cert",
         .label = "FILE",
         .text = "client certificate to show, with its chain",
         .target = &words.cert,
         .complete = Complete::file,
         .group = k_endpoint},
        {.name = "expect-uri",
         .label = "URI",
         .text = "SPIFFE ID or other URI that the peer must have, instead of the host's name",
         .target = &words.expect_uri,
         .group = k_endpoint},
        {.name = "mtls",
         .text = "prove too that the endpoint refuses every client that it must refuse",
         .target = &words.mtls,
         .group = k_endpoint},
    };
}

void append(Options& to, Options more) {
    for (Option& option : more) to.push_back(std::move(option));
}

}  // namespace

Options verify_options(VerifyWords& words) {
    Options out = {
        {.name = "root",
         .label = "FILE",
         .text = "trust anchors, self-signed or not",
         .target = &words.roots,
         .complete = Complete::file},
        {.name = "intermediates",
         .label = "FILE",
         .text = "further CA certificates for the chain",
         .target = &words.intermediates,
         .complete = Complete::file},
    };
    append(out, identity_options(words));
    append(out, {
                    {.name = "purpose",
                     .label = "PURPOSE",
                     .text = "what it must be good for; any checks no extended key usage",
                     .target = &words.purpose,
                     .values = {"server", "client", "any"},
                     .default_text = "server with host:port or --hostname, else any"},
                    {.name = "at",
                     .label = "TIME",
                     .text = "judge as of this moment (RFC 3339)",
                     .target = &words.at,
                     .default_text = "now"},
                    {.name = "max-depth", .label = "N", .text = "intermediates at most", .target = &words.max_depth},
                    {.name = "key",
                     .label = "FILE",
                     .text = "private key that must belong to the certificate; with host:port the key of --cert",
                     .target = &words.key,
                     .complete = Complete::file},
                    {.name = "p12-password-file",
                     .label = "FILE",
                     .text = "the password of PKCS#12 input",
                     .target = &words.p12_password_file,
                     .complete = Complete::file},
                    {.name = "lint",
                     .text = "look for what other programs stumble over; an error makes it not valid",
                     .target = &words.lint},
                    {.name = "batch",
                     .label = "FILE",
                     .text = "judge one JSON object a line; - is standard input",
                     .target = &words.batch,
                     .complete = Complete::file,
                     .environment = false},
                });
    append(out, revocation_options(words));
    append(out, endpoint_options(words));
    return out;
}

}  // namespace signet::cli
