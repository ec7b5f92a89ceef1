#include "inspect/revocation_questions.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "x509/ocsp.h"

namespace signet::inspect {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_response = 1 << 20;
constexpr std::size_t k_largest_crl = 64 << 20;  // a million entries have 49 MB
constexpr std::size_t k_most_sources = 4;        // of one certificate
constexpr int k_most_redirects = 3;
constexpr auto k_patience = std::chrono::seconds(15);
constexpr std::size_t k_nonce_size = 16;

bool is_known(const x509::Certificate& certificate, const x509::Certificate& issuer,
              const x509::RevocationEvidence& evidence, base::Time at) {
    return x509::revocation_status(certificate, issuer, evidence, at).state != x509::RevocationStatus::State::unknown;
}

std::vector<std::string> first(std::vector<std::string> urls) {
    if (urls.size() > k_most_sources) urls.resize(k_most_sources);
    return urls;
}

std::string failure(const std::string& url, const Error& error) {
    return base::printable(url) + " gave no answer: " + error.message();
}

}  // namespace

std::string RevocationQuestions::get(net::OutboundRequest request) const {
    for (int hop = 0; hop <= k_most_redirects; ++hop) {
        const net::Response response = sources_.transport.send(request);
        if (response.status == 200) return response.body;
        const std::string* location = net::find_header(response.headers, "Location");
        const bool elsewhere = response.status >= 301 && response.status <= 308 && location != nullptr;
        if (!elsewhere || request.method != "GET")
            throw Error{Kind::incorrect_response, "status " + std::to_string(response.status)};
        request.url = net::resolve_url(net::parse_url(request.url), *location).text();
    }
    throw Error{Kind::incorrect_response, "more than " + std::to_string(k_most_redirects) + " redirections"};
}

void RevocationQuestions::ask_responders(const x509::Certificate& certificate, const x509::Certificate& issuer,
                                         x509::RevocationEvidence& evidence) {
    for (const std::string& url : first(certificate.ocsp_urls())) {
        std::array<std::uint8_t, k_nonce_size> nonce{};
        sources_.random.fill(nonce);
        net::OutboundRequest request{.method = "POST", .url = url, .headers = {}, .body = {}};
        request.headers = {{"Content-Type", "application/ocsp-request"}, {"Accept", "application/ocsp-response"}};
        request.body = base::to_text(x509::encode_ocsp_request(issuer, certificate.serial(), nonce));
        request.timeout = k_patience;
        request.body_limit = k_largest_response;
        try {
            const std::string body = get(std::move(request));
            auto response = x509::parse_ocsp_response(base::bytes_of(body));
            if (response.nonce && !base::equal(*response.nonce, nonce))
                throw Error{Kind::incorrect_response, "the OCSP response is for another question (its nonce differs)"};
            evidence.responses.push_back(std::move(response));
        } catch (const Error& error) {
            evidence.missed.emplace_back(certificate, failure(url, error));
        }
        if (is_known(certificate, issuer, evidence, request_.at)) return;
    }
}

void RevocationQuestions::fetch_crls(const x509::Certificate& certificate, x509::RevocationEvidence& evidence) {
    for (const std::string& url : first(certificate.crl_urls())) {
        if (!first_time(url)) continue;
        net::OutboundRequest request{.method = "GET", .url = url, .headers = {}, .body = {}};
        request.timeout = k_patience;
        request.body_limit = k_largest_crl;
        try {
            auto crls = x509::parse_crl_file(get(std::move(request)), url);
            std::move(crls.begin(), crls.end(), std::back_inserter(evidence.crls));
        } catch (const Error& error) {
            evidence.missed.emplace_back(certificate, failure(url, error));
        }
    }
}

bool RevocationQuestions::ask(const std::vector<x509::Certificate>& chain, x509::RevocationEvidence& evidence) {
    bool asked = false;
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        if (!first_time(chain[i].fingerprint_sha256() + chain[i + 1].fingerprint_sha256())) continue;
        asked = true;
        if (chain[i].no_revocation_available() || is_known(chain[i], chain[i + 1], evidence, request_.at)) continue;
        if (request_.ask_ocsp) ask_responders(chain[i], chain[i + 1], evidence);
        if (request_.fetch_crls && !is_known(chain[i], chain[i + 1], evidence, request_.at))
            fetch_crls(chain[i], evidence);
    }
    return asked;
}

}  // namespace signet::inspect
