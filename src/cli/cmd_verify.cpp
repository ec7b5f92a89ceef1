#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "cli/verify_report.h"
#include "inspect/probe.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_file = 4 << 20;  // a distribution's trust bundle has a quarter of a megabyte
constexpr int k_most_depth = 30;

struct Words {
    std::string target;
    std::vector<base::Path> roots, intermediates;
    std::optional<std::string> hostname, ip, uri, email, servername, expect_uri;
    std::string purpose;
    std::optional<base::Time> at;
    std::optional<int> max_depth;
    std::optional<base::Path> key, cert;
};

/// A file that is not there is input that cannot be used: exit 2, as for one that holds something else.
std::string read(const base::Path& path) {
    try {
        return base::read_file(path, k_largest_file);
    } catch (const Error& error) {
        if (error.kind() != Kind::not_found) throw;
        throw Error{Kind::bad_input, error.message(),
                    error.hint().empty() ? "name a file that is there" : error.hint()};
    }
}

std::vector<x509::Certificate> read_all(const std::vector<base::Path>& paths) {
    std::vector<x509::Certificate> out;
    for (const base::Path& path : paths) {
        for (auto& certificate : x509::parse_certificate_file(read(path), path.string()))
            out.push_back(std::move(certificate));
    }
    return out;
}

base::Secret read_key(const base::Path& path, Output& out) {
    const auto facts = base::file_facts(path);
    if (facts && (facts->mode & 077) != 0)
        out.warning(path.string() + " can be read by others: chmod 600 " + path.string());
    return base::Secret(read(path));
}

std::vector<x509::Identifier> identities(const Words& words) {
    std::vector<x509::Identifier> out;
    if (words.hostname) out.push_back(x509::Identifier::dns(*words.hostname));
    if (words.ip) out.push_back(x509::Identifier::ip(*words.ip));
    if (words.uri) out.push_back(x509::Identifier::uri(*words.uri));
    if (words.email) out.push_back(x509::Identifier::email(*words.email));
    if (words.expect_uri) out.push_back(x509::Identifier::uri(*words.expect_uri));
    return out;
}

x509::Purpose purpose_of(const Words& words, bool endpoint) {
    if (words.purpose == "server") return x509::Purpose::server;
    if (words.purpose == "client") return x509::Purpose::client;
    if (words.purpose == "any") return x509::Purpose::any;
    return endpoint || words.hostname ? x509::Purpose::server : x509::Purpose::any;
}

inspect::VerifyRequest question(const Words& words, bool endpoint, base::Time now) {
    if (words.max_depth && (*words.max_depth < 0 || *words.max_depth > k_most_depth)) {
        throw Error{Kind::usage, "--max-depth " + std::to_string(*words.max_depth) + " is out of range",
                    "give a number from 0 to " + std::to_string(k_most_depth)};
    }
    inspect::VerifyRequest out;
    out.intermediates = read_all(words.intermediates);
    out.anchors = read_all(words.roots);
    out.identities = identities(words);
    out.purpose = purpose_of(words, endpoint);
    out.at = words.at.value_or(now);
    out.max_depth = words.max_depth;
    return out;
}

int verify_endpoint(Context& context, const Words& words, const Endpoint& endpoint) {
    if (words.cert.has_value() != words.key.has_value()) {
        throw Error{Kind::usage, "--cert and --key go together with host:port", "give both, or neither"};
    }
    inspect::ProbeRequest request;
    request.host = endpoint.host;
    request.port = endpoint.port;
    request.server_name = words.servername.value_or("");
    request.question = question(words, true, context.seams.clock.now());
    base::Secret key;
    if (words.cert) {
        request.certificate_pem =
            x509::encode_certificates(x509::parse_certificate_file(read(*words.cert), words.cert->string()));
        key = read_key(*words.key, context.out);
        request.key_pem = &key;
    }
    context.out.progress("connecting to " + words.target);
    const inspect::ProbeReport report = inspect::probe(context.seams.dialer, request);
    print_probe(context.out, words.target, report);
    return report.verification.valid() ? k_exit_done : k_exit_refused;
}

int verify_file(Context& context, const Words& words) {
    for (const auto& [given, name] : {std::pair{words.servername.has_value(), "--servername"},
                                      {words.cert.has_value(), "--cert"},
                                      {words.expect_uri.has_value(), "--expect-uri"}}) {
        if (given)
            throw Error{Kind::usage, std::string(name) + " is for host:port, not for a file",
                        "leave it out, or name an endpoint"};
    }
    inspect::VerifyRequest request = question(words, false, context.seams.clock.now());
    request.presented = x509::parse_certificate_file(read(words.target), words.target);
    if (words.key)
        request.key =
            crypto::PrivateKey::from_pem(read_key(*words.key, context.out).reveal(), words.key->string()).public_key();
    const inspect::VerifyReport report = inspect::verify(request);
    print_report(context.out, words.target, report);
    return report.valid() ? k_exit_done : k_exit_refused;
}

int run(Context& context, const Words& words) {
    if (const auto endpoint = endpoint_of(words.target)) return verify_endpoint(context, words, *endpoint);
    return verify_file(context, words);
}

Options options(Words& words) {
    return {
        {.name = "root",
         .label = "FILE",
         .text = "trust anchors, self-signed or not",
         .target = &words.roots,
         .required = true,
         .complete = Complete::file},
        {.name = "intermediates",
         .label = "FILE",
         .text = "further CA certificates for the chain",
         .target = &words.intermediates,
         .complete = Complete::file},
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
        {.name = "servername",
         .label = "NAME",
         .text = "server name to ask for, and to find in the certificate",
         .target = &words.servername,
         .default_text = "the host",
         .group = "With host:port"},
        {.name = "cert",
         .label = "FILE",
         .text = "client certificate to show, with its chain",
         .target = &words.cert,
         .complete = Complete::file,
         .group = "With host:port"},
        {.name = "expect-uri",
         .label = "URI",
         .text = "SPIFFE ID or other URI that the peer must have, instead of the host's name",
         .target = &words.expect_uri,
         .group = "With host:port"},
    };
}

}  // namespace

Command verify_command() {
    auto words = std::make_shared<Words>();
    return {.name = "verify",
            .summary = "check a chain, a key pair or a live endpoint",
            .description =
                "LEAF is a file of PEM or DER; further certificates in it count as intermediates. Every candidate path "
                "to an anchor of --root is "
                "judged by RFC 5280, names by RFC 9525: the subject alternative names alone count.\n\n"
                "With host:port a TLS handshake is made for real, with --cert and --key as the client's pair, and the "
                "peer's chain is judged.\n\n"
                "Each check is listed; for a failure the certificate (0 is the leaf), the rule with its RFC section, "
                "and what would mend it. "
                "Revocation is not looked at.",
            .arguments = {{.label = "LEAF|HOST:PORT",
                           .text = "certificate file, or endpoint",
                           .target = &words->target,
                           .required = true,
                           .complete = Complete::file}},
            .options = options(*words),
            .examples = {{"signet verify tls.crt --root ca.crt --hostname db.internal --key tls.key",
                          "is this pair good for a server of that name?"},
                         {"signet verify db.internal:5432 --root ca.crt --cert tls.crt --key tls.key",
                          "shake hands with client certificate"}},
            .exit_codes = {{0, "valid"},
                           {1, "not valid"},
                           {2, "wrong usage, or input that cannot be used"},
                           {4, "an endpoint that cannot be reached, or that refused the handshake"}},
            .see_also = {"issue", "fetch"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
