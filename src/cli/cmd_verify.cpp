#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "cli/verify_batch.h"
#include "cli/verify_input.h"
#include "cli/verify_mtls.h"
#include "cli/verify_report.h"
#include "cli/verify_words.h"
#include "inspect/probe.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;
using Words = VerifyWords;

constexpr int k_most_depth = 30;

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

inspect::VerifyRequest question(const Words& words, const VerifyInput& input, bool endpoint, base::Time now) {
    if (words.max_depth && (*words.max_depth < 0 || *words.max_depth > k_most_depth)) {
        throw Error{Kind::usage, "--max-depth " + std::to_string(*words.max_depth) + " is out of range",
                    "give a number from 0 to " + std::to_string(k_most_depth)};
    }
    inspect::VerifyRequest out;
    out.intermediates = input.certificates(words.intermediates);
    out.anchors = input.certificates(words.roots);
    out.identities = identities(words);
    out.purpose = purpose_of(words, endpoint);
    out.at = words.at.value_or(now);
    out.max_depth = words.max_depth;
    out.crls = input.crls(words.crls);
    out.responses = input.responses(words.ocsp_responses);
    out.response_given = !out.responses.empty();
    out.ask_ocsp = words.ocsp;
    out.fetch_crls = words.fetch;
    out.soft_fail = words.soft_fail;
    out.lint = words.lint;
    return out;
}

/// Plain http is what revocation comes by: its answers are signed.
std::unique_ptr<net::Transport> transport(Context& context) {
    net::TransportSettings settings;
    settings.allow_http = true;
    return context.seams.make_transport(std::move(settings));
}

int verify_endpoint(Context& context, const Words& words, const Endpoint& endpoint) {
    if (words.cert.has_value() != words.key.has_value()) {
        throw Error{Kind::usage, "--cert and --key go together with host:port", "give both, or neither"};
    }
    if (words.mtls && !words.cert)
        throw Error{Kind::usage, "--mtls needs a client certificate that the endpoint accepts",
                    "name it with --cert and --key"};
    const VerifyInput input(context, words.p12_password_file);
    inspect::ProbeRequest request;
    request.host = endpoint.host;
    request.port = endpoint.port;
    request.server_name = words.servername.value_or("");
    request.alpn = words.alpn;
    request.starttls = net::parse_starttls(words.starttls).value_or(net::StartTls::none);
    request.question = question(words, input, true, context.seams.clock.now());
    base::Secret key;
    if (words.cert) {
        request.certificate_pem = x509::encode_certificates(input.certificates({*words.cert}));
        key = input.key_pem(*words.key);
        request.key_pem = &key;
    }
    context.out.progress("connecting to " + words.target);
    std::optional<inspect::MtlsReport> doors;
    if (words.mtls) {
        doors = try_doors(context, request);
        if (!doors->shook_hands) {
            print_refusal(context.out, words.target, *doors);
            return k_exit_refused;
        }
    }
    const auto http = transport(context);
    const inspect::RevocationSources sources{*http, context.seams.random};
    const inspect::ProbeReport report = inspect::probe(context.seams.dialer, request, &sources);
    print_probe(context.out, words.target, report, doors ? &*doors : nullptr);
    return report.verification.valid() && (!doors || doors->tight()) ? k_exit_done : k_exit_refused;
}

int verify_file(Context& context, const Words& words) {
    for (const auto& [given, name] : {std::pair{words.servername.has_value(), "--servername"},
                                      {words.cert.has_value(), "--cert"},
                                      {!words.starttls.empty(), "--starttls"},
                                      {!words.alpn.empty(), "--alpn"},
                                      {words.mtls, "--mtls"},
                                      {words.expect_uri.has_value(), "--expect-uri"}}) {
        if (given)
            throw Error{Kind::usage, std::string(name) + " is for host:port, not for a file",
                        "leave it out, or name an endpoint"};
    }
    const VerifyInput input(context, words.p12_password_file);
    inspect::VerifyRequest request = question(words, input, false, context.seams.clock.now());
    VerifyInput::Subject subject = input.subject(words.target);
    request.presented = std::move(subject.certificates);
    request.key = words.key ? input.key(*words.key) : std::move(subject.key);
    const auto http = transport(context);
    const inspect::RevocationSources sources{*http, context.seams.random};
    const inspect::VerifyReport report = inspect::verify(request, &sources);
    print_report(context.out, words.target, report);
    return report.valid() ? k_exit_done : k_exit_refused;
}

int run(Context& context, const Words& words) {
    if (words.batch) {
        if (!words.target.empty())
            throw Error{Kind::usage, "--batch takes its certificates from its file",
                        "leave out " + base::printable(words.target)};
        return verify_batch(context, *words.batch);
    }
    if (words.target.empty()) throw Error{Kind::usage, "what is to be verified?", "name a file or host:port"};
    if (words.roots.empty())
        throw Error{Kind::usage, "--root is missing: no trust anchor, nothing to trust",
                    "give the root certificates, for example --root ca.crt"};
    if (const auto endpoint = endpoint_of(words.target)) return verify_endpoint(context, words, *endpoint);
    return verify_file(context, words);
}

}  // namespace

Command verify_command() {
    auto words = std::make_shared<Words>();
    return {
        .name = "verify",
        .summary = "check a chain, a key pair or a live endpoint",
        .description =
            "LEAF is a file of PEM, DER or PKCS#12, told by content; further certificates in it count as "
            "intermediates. Every candidate path "
            "to an anchor of --root is "
            "judged by RFC 5280, names by RFC 9525: the subject alternative names alone count.\n\n"
            "With host:port a TLS handshake is made for real, with --cert and --key as the client's pair, and the "
            "peer's chain is judged. The report tells what was negotiated, the chain as it was sent and what is odd in "
            "it, a stapled OCSP response, the days left, and the identity that an application should read: a SPIFFE "
            "ID, else a name, else, with a warning, the CN. --starttls goes through the protocol's own beginning "
            "first.\n\n"
            "--mtls proves the negative too. When the client's own certificate has been accepted, the endpoint must "
            "refuse no certificate, one of an unknown CA with the same names, an expired one, one without clientAuth, "
            "TLS 1.0 and TLS 1.1. The expired one and the one without clientAuth are made by the CA of --store when it "
            "issued --cert: a minute wide, keys in memory only, in the inventory and the audit log with the profile "
            "refusal-test; else these rows read untested. A refusal counts in the handshake, after it (TLS 1.3), or as "
            "an HTTP status about the certificate (nginx). One open door makes the verdict not valid.\n\n"
            "Each check is listed; for a failure the certificate (0 is the leaf), the rule with its RFC section, "
            "and what would mend it.\n\n"
            "Revocation is looked at where that is asked for. With --crl every certificate below the anchor must be "
            "covered by a current CRL; with --ocsp and --fetch the leaf, and each other certificate that names a "
            "responder or a distribution point. A leaf with noRevAvail (RFC 9608) owes no status. What cannot be "
            "told is not valid, unless --soft-fail.\n\n"
            "--lint adds what RFC 5280, 8398, 8399, 9598 and 9608, the parts of the CA/B Baseline Requirements that "
            "make sense for a private CA, and SPIFFE X509-SVID ask of each certificate: id, severity (error, "
            "warning, notice), citation. An error makes the certificate not valid; in a trust anchor it is a "
            "warning.\n\n"
            "--batch reads one JSON object a line: id, leaf, roots[], intermediates[], crls[] (PEM), hostname, ip, "
            "uri, email, purpose, at, max_depth; all but leaf and roots may be left out. It prints "
            "{\"id\",\"valid\",\"reason\"} a line, in order; a line that cannot be parsed is not valid. It ends "
            "with exit 0 when every line was answered.",
        .arguments = {{.label = "LEAF|HOST:PORT",
                       .text = "certificate file, or endpoint",
                       .target = &words->target,
                       .complete = Complete::file}},
        .options = verify_options(*words),
        .examples = {{"signet verify tls.crt --root ca.crt --hostname db.internal --key tls.key",
                      "is this pair good for a server of that name?"},
                     {"signet verify db.internal:5432 --root ca.crt --cert tls.crt --key tls.key",
                      "shake hands with client certificate"},
                     {"signet verify tls.crt --root ca.crt --crl crls.pem", "is it revoked?"},
                     {"signet verify --batch cases.jsonl", "many at once, in one process"}},
        .exit_codes = {{0, "valid"},
                       {1, "not valid"},
                       {2, "wrong usage, or input that cannot be used"},
                       {4, "an endpoint that cannot be reached, or that refused the handshake"}},
        .see_also = {"issue", "fetch"},
        .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
