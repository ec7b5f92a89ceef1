#include "cli/verify_mtls.h"

#include <unistd.h>

#include <memory>

#include "base/error.h"
#include "cli/local_ca.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

ca::RefusalTest test_for(inspect::ClientFault fault) {
    switch (fault) {
        case inspect::ClientFault::expired:
            return ca::RefusalTest::expired;
        case inspect::ClientFault::not_for_clients:
            break;
    }
    return ca::RefusalTest::not_for_clients;
}

}  // namespace

inspect::MtlsReport try_doors(Context& context, const inspect::ProbeRequest& endpoint) {
    const auto model = x509::parse_certificates(endpoint.certificate_pem, "client certificate").front();
    std::unique_ptr<OpenedCa> ca;  // opened when it is needed: the keys may want a passphrase
    inspect::MtlsRequest request{endpoint, {}, context.seams.clock.now()};
    request.issue = [&](inspect::ClientFault fault) {
        if (!ca) ca = std::make_unique<OpenedCa>(context);
        const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        const auto chain = ca->local().issuer.issue_refusal_test(model, key.public_key(), test_for(fault),
                                                                 {"uid " + std::to_string(::getuid())});
        return inspect::ThrowAwayPair{x509::encode_certificates(chain), key.to_pem()};
    };
    return inspect::check_mtls(context.seams.dialer, request);
}

}  // namespace signet::cli
