#include "inspect/probe.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace signet::inspect {
namespace {

bool is_spiffe(const x509::Identifier& name) {
    return name.type() == x509::Identifier::Type::uri && name.text().starts_with("spiffe://");
}

std::string stapled_verdict(const ProbeReport& report, const std::optional<x509::OcspResponse>& stapled,
                            base::Time at) {
    if (!stapled) return report.handshake.stapled.empty() ? "none" : "damaged";
    const auto& chain = report.verification.chain;
    if (chain.size() < 2) return "of an issuer that is not known";
    const auto status = x509::revocation_status(chain[0], chain[1], {{}, {*stapled}, {}}, at);
    switch (status.state) {
        case x509::RevocationStatus::State::good:
            return "good";
        case x509::RevocationStatus::State::revoked:
            return "revoked";
        case x509::RevocationStatus::State::unknown:
            break;
    }
    return "tells nothing: " + status.why;
}

std::optional<x509::OcspResponse> parsed(const base::Bytes& stapled) {
    if (stapled.empty()) return std::nullopt;
    try {
        return x509::parse_ocsp_response(stapled);
    } catch (const base::Error&) {
        return std::nullopt;  // said in the report
    }
}

/// RFC 7633: such a certificate is good with a stapled response only.
void require_staple(ProbeReport& report) {
    if (!report.handshake.chain.front().must_staple() || report.stapled == "good") return;
    report.verification.checks.push_back({"stapled OCSP response", false});
    report.verification.findings.push_back({0, "must-staple", "RFC 7633 section 4.2.3",
                                            "the certificate wants a stapled OCSP response, and there is " +
                                                std::string(report.stapled == "none" ? "none" : "no good one"),
                                            "switch stapling on in the server"});
}

}  // namespace

PeerIdentity identity_of(const x509::Certificate& peer) {
    const auto& names = peer.names();
    if (const auto id = std::find_if(names.begin(), names.end(), is_spiffe); id != names.end())
        return {"uri", id->text(), ""};
    const auto dns = std::find_if(names.begin(), names.end(),
                                  [](const auto& name) { return name.type() == x509::Identifier::Type::dns; });
    const auto first = dns != names.end() ? dns : names.begin();
    if (first != names.end()) return {std::string(x509::type_name(first->type())), first->text(), ""};
    const auto cn = peer.subject().common_name();
    if (!cn) return {"", "", "the certificate names nobody"};
    return {"cn", *cn, "only the CN names the peer: clients do not look at it (RFC 9525 section 6)"};
}

std::vector<std::string> remarks_on(const std::vector<x509::Certificate>& sent, const VerifyReport& report) {
    std::vector<std::string> out;
    const auto& path = report.chain;
    const auto was_sent = [&](const x509::Certificate& one) {
        return std::find(sent.begin(), sent.end(), one) != sent.end();
    };
    const auto called = [](const x509::Certificate& one) {
        return "\"" + base::printable(one.subject().text()) + "\"";
    };
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        if (!was_sent(path[i])) out.push_back("the intermediate " + called(path[i]) + " was not sent");
    }
    for (const auto& finding : report.findings) {
        if (finding.rule == "no-issuer") out.emplace_back("an intermediate is missing: " + finding.message);
    }
    for (std::size_t i = 0; i + 1 < sent.size(); ++i) {
        if (x509::same_name(sent[i].issuer(), sent[i + 1].subject())) continue;
        out.push_back("certificate " + std::to_string(i + 1) + " that was sent does not certify the one before it");
        break;
    }
    for (std::size_t i = 1; i < sent.size(); ++i) {
        const auto in_path = std::find(path.begin(), path.end(), sent[i]);
        if (in_path == path.end()) {
            out.push_back("an extra certificate was sent, which the chain does not need: " + called(sent[i]));
        } else if (report.valid() && in_path + 1 == path.end() && sent[i].self_issued()) {
            out.push_back("the root was sent, which clients have anyway: " + called(sent[i]));
        }
    }
    return out;
}

net::TlsDialRequest dial_request(const ProbeRequest& request) {
    const bool literal = net::Address::parse(request.host).has_value();
    net::TlsDialRequest dial;
    dial.host = request.host;
    dial.port = request.port;
    dial.server_name = !request.server_name.empty() ? request.server_name : literal ? "" : request.host;
    dial.alpn = request.alpn;
    dial.certificate_pem = request.certificate_pem;
    dial.key_pem = request.key_pem;
    dial.timeout = request.timeout;
    dial.starttls = request.starttls;
    dial.ask_status = true;
    return dial;
}

ProbeReport probe(net::TlsDialer& dialer, const ProbeRequest& request, const RevocationSources* sources) {
    const net::TlsDialRequest dial = dial_request(request);
    // Judged before the connection is made: a name that no certificate can have is the caller's slip.
    VerifyRequest question = request.question;
    if (question.identities.empty()) {
        question.identities.push_back(dial.server_name.empty() ? x509::Identifier::ip(request.host)
                                                               : x509::Identifier::dns(dial.server_name));
    }
    ProbeReport out{dialer.dial(dial), {}, {}, {}, {}};
    if (out.handshake.chain.empty()) {
        throw base::Error{base::Kind::tls, request.host + " showed no certificate",
                          "check that it serves TLS with a certificate"};
    }
    question.presented = out.handshake.chain;
    const auto stapled = parsed(out.handshake.stapled);
    if (stapled) question.responses.push_back(*stapled);
    out.verification = verify(question, sources);
    out.identity = identity_of(out.handshake.chain.front());
    out.chain_remarks = remarks_on(out.handshake.chain, out.verification);
    out.stapled = stapled_verdict(out, stapled, question.at);
    require_staple(out);
    return out;
}

}  // namespace signet::inspect
