#include "inspect/probe.h"

#include "base/error.h"

namespace signet::inspect {

ProbeReport probe(net::TlsDialer& dialer, const ProbeRequest& request, const RevocationSources* sources) {
    const bool literal = net::Address::parse(request.host).has_value();
    net::TlsDialRequest dial;
    dial.host = request.host;
    dial.port = request.port;
    dial.server_name = !request.server_name.empty() ? request.server_name : literal ? "" : request.host;
    dial.certificate_pem = request.certificate_pem;
    dial.key_pem = request.key_pem;
    dial.timeout = request.timeout;

    // Judged before the connection is made: a name that no certificate can have is the caller's slip.
    VerifyRequest question = request.question;
    if (question.identities.empty()) {
        question.identities.push_back(dial.server_name.empty() ? x509::Identifier::ip(request.host)
                                                               : x509::Identifier::dns(dial.server_name));
    }
    ProbeReport out{dialer.dial(dial), {}};
    if (out.handshake.chain.empty()) {
        throw base::Error{base::Kind::tls, request.host + " showed no certificate",
                          "check that it serves TLS with a certificate"};
    }
    question.presented = out.handshake.chain;
    out.verification = verify(question, sources);
    return out;
}

}  // namespace signet::inspect
