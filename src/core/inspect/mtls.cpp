#include "inspect/mtls.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "net/starttls.h"
#include "x509/build.h"
#include "x509/pem.h"

namespace signet::inspect {
namespace {

using base::Error;
using base::Kind;
using State = Door::State;

constexpr auto k_half_width = std::chrono::seconds(30);

/// How one dial ended: a handshake, or a refusal by the other side. What is neither is thrown.
struct Attempt {
    std::optional<net::TlsHandshake> handshake;
    std::string refusal;
};

/// The server had us, and let go: with an alert, or by closing.
bool is_refusal(const Error& error) {
    const auto says = [&](const char* words) { return error.message().find(words) != std::string::npos; };
    if (error.kind() == Kind::tls) return says("refused") || says("unexpected eof") || says("wrong version number");
    return error.kind() == Kind::connection && error.message().find("closed the connection") != std::string::npos;
}

/// Of what speaks HTTP: nginx refuses client certificates by status 400, after a handshake like any other.
std::optional<int> http_status(const net::TlsHandshake& handshake) {
    if (!handshake.answer || !handshake.answer->starts_with("HTTP/1.") || handshake.answer->size() < 12)
        return std::nullopt;
    const std::string_view digits = std::string_view(*handshake.answer).substr(9, 3);
    if (!base::is_digits(digits)) return std::nullopt;
    return std::stoi(std::string(digits));
}

bool refuses_clients(int status) {
    constexpr std::array<int, 6> k_statuses{400, 401, 403, 421, 495, 496};
    return std::find(k_statuses.begin(), k_statuses.end(), status) != k_statuses.end();
}

std::string question_for(const net::TlsDialRequest& dial) {
    switch (dial.starttls) {
        case net::StartTls::none:
            return "GET / HTTP/1.1\r\nHost: " + (dial.server_name.empty() ? dial.host : dial.server_name) +
                   "\r\nUser-Agent: signet\r\nConnection: close\r\n\r\n";
        case net::StartTls::postgres: {
            // StartupMessage 3.0: PostgreSQL looks for the certificate when it looks for the user.
            constexpr std::string_view k_startup("\0\0\0\x27\0\x03\0\0user\0signet\0database\0postgres\0\0", 39);
            return std::string(k_startup);
        }
        case net::StartTls::smtp:
        case net::StartTls::imap:
        case net::StartTls::ldap:
            return "";
    }
    return "";
}

class Checker {
public:
    Checker(net::TlsDialer& dialer, const MtlsRequest& request)
        : dialer_(dialer), request_(request), base_(dial_request(request.endpoint)) {
        base_.ask_status = false;
        base_.question = question_for(base_);
    }

    MtlsReport run() {
        MtlsReport out;
        good_ = attempt(base_);
        out.accepted = good_.handshake && good_.handshake->client_certificate_requested && refusal_of(good_).empty();
        out.shook_hands = good_.handshake.has_value();
        if (!good_.handshake) {
            out.acceptance = good_.refusal;
        } else if (!good_.handshake->client_certificate_requested) {
            out.acceptance = "the server asks for no certificate";
        } else {
            out.acceptance = out.accepted ? good_.handshake->protocol : refusal_of(good_);
        }
        // A server that asks for no certificate has its doors open: they are tried all the same.
        usable_ = good_.handshake && refusal_of(good_).empty();
        out.doors.push_back(no_certificate());
        out.doors.push_back(foreign());
        out.doors.push_back(faulty("an expired certificate of the CA", ClientFault::expired));
        out.doors.push_back(faulty("a certificate of the CA without clientAuth", ClientFault::not_for_clients));
        out.doors.push_back(old_version("TLS 1.0", net::TlsVersion::v1_0));
        out.doors.push_back(old_version("TLS 1.1", net::TlsVersion::v1_1));
        return out;
    }

private:
    Attempt attempt(const net::TlsDialRequest& dial) const {
        try {
            return {dialer_.dial(dial), ""};
        } catch (const Error& error) {
            if (!is_refusal(error)) throw;
            return {std::nullopt, error.message()};
        }
    }

    /// Why the handshake was none that serves the client; empty when it was.
    std::string refusal_of(const Attempt& one) const {
        if (!one.handshake) return one.refusal;
        const auto& answer = one.handshake->answer;
        if (answer && answer->find("valid client certificate") != std::string::npos)
            return "PostgreSQL answers: requires a valid client certificate";
        const auto status = http_status(*one.handshake);
        if (!good_.handshake || &one == &good_)  // what is accepted may be forbidden or not found for other reasons
            return status && answer->find("SSL certificate") != std::string::npos
                       ? "the server answers HTTP status " + std::to_string(*status) + " about the certificate"
                       : "";
        const auto usual = http_status(*good_.handshake);
        if (status && status != usual && refuses_clients(*status))
            return "after the handshake: HTTP status " + std::to_string(*status);
        const bool hung_up = answer && answer->empty();
        const bool usually_answers = good_.handshake->answer && !good_.handshake->answer->empty();
        return hung_up && usually_answers ? "after the handshake: closed without an answer" : "";
    }

    Door try_door(std::string what, const net::TlsDialRequest& dial, const char* open) const {
        if (!usable_) return {std::move(what), State::untested, "the client's own certificate is refused already"};
        try {
            const Attempt one = attempt(dial);
            const std::string refusal = refusal_of(one);
            if (!refusal.empty()) return {std::move(what), State::refused, refusal};
            const bool asked = one.handshake->client_certificate_requested;
            return {std::move(what), State::open, asked ? open : "the server asks for no certificate"};
        } catch (const Error& error) {
            return {std::move(what), State::untested, error.message()};
        }
    }

    Door no_certificate() const {
        net::TlsDialRequest dial = base_;
        dial.certificate_pem.clear();
        dial.key_pem = nullptr;
        return try_door("no certificate", dial, "it is served without one");
    }

    Door with_pair(std::string what, const ThrowAwayPair& pair) const {
        net::TlsDialRequest dial = base_;
        dial.certificate_pem = pair.chain_pem;
        dial.key_pem = &pair.key_pem;
        return try_door(std::move(what), dial, "it is served");
    }

    Door foreign() const { return with_pair("an unknown CA's certificate with the same names", foreign_pair()); }

    Door faulty(std::string what, ClientFault fault) const {
        if (!usable_) return {std::move(what), State::untested, "the client's own certificate is refused already"};
        if (!request_.issue) return {std::move(what), State::untested, "no CA is at hand"};
        std::optional<ThrowAwayPair> pair;
        try {
            pair = request_.issue(fault);
        } catch (const Error& error) {
            return {std::move(what), State::untested, error.message()};
        }
        return with_pair(std::move(what), *pair);
    }

    Door old_version(std::string what, net::TlsVersion version) const {
        net::TlsDialRequest dial = base_;
        dial.version = version;
        if (!usable_) return {std::move(what), State::untested, "the client's own certificate is refused already"};
        try {
            const Attempt one = attempt(dial);
            if (one.handshake) return {std::move(what), State::open, "the server speaks " + one.handshake->protocol};
            return {std::move(what), State::refused, one.refusal};
        } catch (const Error& error) {
            return {std::move(what), State::untested, error.message()};
        }
    }

    /// A CA of the same name as the real one, which nobody trusts.
    ThrowAwayPair foreign_pair() const {
        const auto model = x509::parse_certificates(base_.certificate_pem, "client certificate").front();
        const auto ca_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        x509::Template ca = blank(1);
        ca.subject = model.issuer();
        ca.ca = true;
        ca.key_usage = usage_bit(x509::KeyUsage::key_cert_sign) | usage_bit(x509::KeyUsage::crl_sign);
        ca.public_key = ca_key.public_key();
        x509::Template leaf = blank(2);
        leaf.subject = model.subject();
        leaf.names = model.names();
        leaf.key_usage = usage_bit(x509::KeyUsage::digital_signature);
        leaf.extended_key_usage = {x509::k_client_auth, x509::k_server_auth};
        leaf.public_key = key.public_key();
        const x509::IssuerFields issuer{ca.subject, x509::key_identifier(ca_key.public_key())};
        return {x509::encode_certificates(
                    {x509::build_certificate(leaf, issuer, ca_key), x509::build_self_signed(ca, ca_key)}),
                key.to_pem()};
    }

    x509::Template blank(std::uint8_t number) const {
        x509::Template out;
        out.serial = base::Bytes(16, 0x5a);
        out.serial.back() = number;
        out.not_before = request_.now - k_half_width;
        out.not_after = request_.now + k_half_width;
        return out;
    }

    net::TlsDialer& dialer_;
    const MtlsRequest& request_;
    net::TlsDialRequest base_;
    Attempt good_;
    bool usable_ = false;
};

}  // namespace

bool MtlsReport::tight() const {
    return accepted && std::none_of(doors.begin(), doors.end(), [](const Door& d) { return d.state == State::open; });
}

MtlsReport check_mtls(net::TlsDialer& dialer, const MtlsRequest& request) { return Checker(dialer, request).run(); }

std::string_view door_state_name(Door::State state) {
    switch (state) {
        case State::refused:
            return "refused";
        case State::open:
            return "open";
        case State::untested:
            return "untested";
    }
    return "";
}

base::Json mtls_json(const MtlsReport& report) {
    base::Json doors = base::Json::array();
    for (const Door& door : report.doors)
        doors.push_back({{"door", door.what}, {"result", door_state_name(door.state)}, {"detail", door.detail}});
    return {{"accepted", report.accepted},
            {"acceptance", report.acceptance},
            {"tight", report.tight()},
            {"doors", std::move(doors)}};
}

}  // namespace signet::inspect
